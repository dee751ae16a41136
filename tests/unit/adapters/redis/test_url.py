"""REDIS_URL: every form that is taken, and every mistake with its sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.adapters.redis.deployment import (
    Address,
    Credentials,
    Deployment,
    Topology,
)
from smsverify.adapters.redis.url import parse_redis_url
from smsverify.errors import ConfigurationError

SINGLE, SENTINEL, CLUSTER = Topology.SINGLE, Topology.SENTINEL, Topology.CLUSTER


def at(host: str, port: int = 6379) -> tuple[Address, ...]:
    """Return one address."""
    return (Address(host, port),)


TAKEN = [
    ("redis://localhost", Deployment(SINGLE, at("localhost"))),
    ("redis://", Deployment(SINGLE, at("localhost"))),
    ("redis://h:1", Deployment(SINGLE, at("h", 1))),
    ("redis://h:65535/", Deployment(SINGLE, at("h", 65535))),
    ("redis://h/3", Deployment(SINGLE, at("h"), db=3)),
    ("redis://h?db=4", Deployment(SINGLE, at("h"), db=4)),
    ("redis://h?db=", Deployment(SINGLE, at("h"))),
    ("redis://h/3?db=4", Deployment(SINGLE, at("h"), db=4)),
    ("redis://[::1]:7000/0", Deployment(SINGLE, at("::1", 7000))),
    ("redis://[fe80::1]", Deployment(SINGLE, at("fe80::1"))),
    ("redis://:pw@h", Deployment(SINGLE, at("h"), credentials=Credentials(None, "pw"))),
    ("redis://me@h", Deployment(SINGLE, at("h"), credentials=Credentials("me", None))),
    (
        "redis://m%40e:p%2Fw%3A%40%23@h:1/2",
        Deployment(SINGLE, at("h", 1), db=2, credentials=Credentials("m@e", "p/w:@#")),
    ),
    ("rediss://h", Deployment(SINGLE, at("h"), tls=True)),
    (
        "rediss://h?ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=none&ssl_check_hostname=false",
        Deployment(
            SINGLE,
            at("h"),
            tls=True,
            tls_options={
                "ssl_ca_certs": "/etc/ca.pem",
                "ssl_cert_reqs": "none",
                "ssl_check_hostname": False,
            },
        ),
    ),
    ("unix:///run/redis.sock", Deployment(SINGLE, at("/run/redis.sock", 0))),
    (
        "unix://me:pw@/run/re%20dis.sock?db=5",
        Deployment(SINGLE, at("/run/re dis.sock", 0), db=5, credentials=Credentials("me", "pw")),
    ),
    (
        "redis+sentinel://a,b:1,[::2]:3/service",
        Deployment(
            SENTINEL,
            (Address("a", 26379), Address("b", 1), Address("::2", 3)),
            service="service",
        ),
    ),
    (
        "rediss+sentinel://me:pw@a/s?db=2&sentinel_password=spw&sentinel_username=sme",
        Deployment(
            SENTINEL,
            at("a", 26379),
            service="s",
            db=2,
            tls=True,
            credentials=Credentials("me", "pw"),
            sentinel_credentials=Credentials("sme", "spw"),
        ),
    ),
    ("redis+cluster://a,b:1", Deployment(CLUSTER, (Address("a", 6379), Address("b", 1)))),
    ("redis+cluster://a/0", Deployment(CLUSTER, at("a"))),
    (
        "rediss+cluster://:pw@a",
        Deployment(CLUSTER, at("a"), tls=True, credentials=Credentials(None, "pw")),
    ),
]


@pytest.mark.parametrize(("url", "deployment"), TAKEN)
def test_what_is_taken(url: str, deployment: Deployment) -> None:
    """Each form gives all that it says, and the rest is the default."""
    assert parse_redis_url(url) == deployment


REFUSED = [
    ("", "begin with"),
    ("localhost:6379", "begin with"),
    ("http://h", "begin with"),
    ("redis+other://h", "begin with"),
    ("unix+cluster:///x", "begin with"),
    ("redis://h:", "port"),
    ("redis://h:0", "port"),
    ("redis://h:65536", "port"),
    ("redis://h:secret", "port"),
    ("redis://h:6３79", "port"),
    ("redis://[::1]x", "port"),
    ("redis://[::1", "no URL"),
    ("redis://a,b", "several hosts"),
    ("redis://h/x", "database"),
    ("redis://h?db=-1", "database"),
    ("redis+sentinel://a", "service"),
    ("redis+sentinel://a/", "service"),
    ("redis+sentinel://a/s/0", "service"),
    ("redis+sentinel://a,/s", "empty host"),
    ("redis+cluster://", "empty host"),
    ("redis+cluster://a/1", "database 0"),
    ("redis+cluster://a?db=1", "database 0"),
    ("unix://", "socket"),
    ("unix://host/path", "socket"),
    ("redis://h?socket_timeout=5", "socket_timeout"),
    ("redis://h?ssl_ca_certs=x", "ssl_ca_certs"),
    ("redis://h?sentinel_password=x", "sentinel_password"),
    ("rediss://h?ssl_check_hostname=maybe", "ssl_check_hostname"),
    ("rediss://h?ssl_cert_reqs=maybe", "ssl_cert_reqs"),
    ("unix:///x?retry_on_timeout=1", "retry_on_timeout"),
    ("redis://h?unheard=1", "an option"),
    ("redis://h/0#x", "%23"),
]


@pytest.mark.parametrize(("url", "word"), REFUSED)
def test_what_is_refused(url: str, word: str) -> None:
    """One sentence names the setting and what is wrong with it."""
    with pytest.raises(ConfigurationError, match=word) as caught:
        parse_redis_url(url)

    assert caught.value.setting == "REDIS_URL"
    assert str(caught.value).startswith("REDIS_URL ")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "url",
    [
        "redis://me:hunter2:6379",
        "redis://me:hun?ter2=x@h",
        "redis://me:hun?ter2@h",
        "redis://me:hun/hunter2@h:1",
        "redis://me:[hunter2@h:1",
        "redis://me:hunter2@h:port",
        "redis://me:hunter2@h/x",
        "redis://h?hunter2",
        "redis://h?hunter2=x&password=hunter2",
        "redis://h/#hunter2@x:y",
    ],
)
def test_a_mistake_never_shows_a_password(url: str) -> None:
    """Also one that was not percent-encoded, and so stands where something else should."""
    with pytest.raises(ConfigurationError) as caught:
        parse_redis_url(url)

    error = caught.value
    assert "ter2" not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None


@given(st.text() | st.from_regex(r"rediss?(\+[a-z]+)?://[a-z:@,/\[\]?&=%0-9]*", fullmatch=True))
def test_any_text_is_taken_or_refused(text: str) -> None:
    """Nothing else is raised, whatever stands there."""
    try:
        deployment = parse_redis_url(text)
    except ConfigurationError:
        return
    assert deployment.addresses
