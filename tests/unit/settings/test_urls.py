"""Settings that are URLs."""

from __future__ import annotations

import pytest

from smsverify.settings import urls
from smsverify.settings.kind import Secret, Unfit


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost:6379",
        "redis://localhost:6379/0",
        "redis://user:p%40ss@cache.example.com:6380/15?socket_timeout=1",
        "rediss://:secret@10.0.0.7:6379/",
        "redis://[::1]:6379/0",
        "redis://my_cache:6379",
        "unix:///run/valkey.sock",
        "unix:///s",
        "unix://:secret@/run/valkey.sock?db=1",
        "redis+sentinel://a:26379,b:26379,c:26379/service",
        "rediss+sentinel://user:secret@a:26379/my-service",
        "redis+cluster://a:7000,b:65535",
        "redis+cluster://a:1/",
        "rediss+cluster://:secret@[::1]:7000,[::2]:7001/0",
    ],
    ids=repr,
)
def test_addresses_of_redis(url: str) -> None:
    """A single server, a socket, Sentinel and Cluster: each is taken as it is, and hidden."""
    parsed = urls.redis_url().parse(f" {url}\n")
    assert parsed == url
    assert isinstance(parsed, Secret)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost:6379",
        "redis:localhost",
        "redis://",
        "redis://:secret@/0",
        "redis://a:0",
        "redis://a:65536",
        "redis://a:port",
        "redis://a:6379/db",
        "redis://a:6379,b:6379",
        "redis://p/ss@a:6379",
        "redis://[::1",
        "redis://[::1]x:6379",
        "redis://a b:6379",
        "redis://a\t:6379",
        "redis://hôst:6379",
        "unix://host/run/valkey.sock",
        "unix://",
        "unix:///",
        "redis+sentinel://a:26379,b:26379",
        "redis+sentinel://a:26379,/service",
        "redis+sentinel://a:26379/service/of/mine",
        "redis+cluster://a:7000,b:7001/3",
        "redis+cluster://",
        6379,
        None,
    ],
    ids=repr,
)
def test_what_is_no_address_of_redis(url: object) -> None:
    """An unknown scheme, a bad host or port, and what the form can't have are refused."""
    with pytest.raises(Unfit):
        urls.redis_url().parse(url)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://sms.example.com", "https://sms.example.com"),
        ("https://sms.example.com:8443/", "https://sms.example.com:8443"),
        ("HTTPS://Example.com", "HTTPS://Example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
    ids=repr,
)
def test_addresses_on_the_web(url: str, kept: str) -> None:
    """With https any host, with http this machine only; a slash at the end does not count."""
    assert urls.web_address(path=False).parse(url) == kept
    assert urls.web_address(path=True).parse(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://sms.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "ftp://sms.example.com",
        "sms.example.com",
        "https://",
        "https:///path",
        "https://user:secret@sms.example.com",
        "https://sms.example.com?x=1",
        "https://sms.example.com?",
        "https://sms.example.com#here",
        "https://sms.example.com:0",
        "https://sms.example.com:99999",
        "https://sms.exämple.com",
        "https://sms.example.com/a b",
        "https://[::1",
        5,
        None,
    ],
    ids=repr,
)
def test_what_is_no_address_on_the_web(url: object) -> None:
    """Plain http to elsewhere, credentials, queries and other schemes are refused."""
    for path in (True, False):
        with pytest.raises(Unfit):
            urls.web_address(path=path).parse(url)


def test_a_path_is_allowed_where_it_means_something() -> None:
    """Webhooks may be mounted below a path; another host for an API may not change paths."""
    assert urls.web_address(path=True).parse("https://a.example/sms/") == "https://a.example/sms"
    with pytest.raises(Unfit):
        urls.web_address(path=False).parse("https://a.example/sms")
