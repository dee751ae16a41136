"""What nobody takes is refused, and named only if it can't be a secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from smsverify.adapters.redis.deployment import Credentials, Topology
from smsverify.adapters.redis.url_options import OPTIONS_OF_OTHERS, TLS_OPTIONS, UrlOptions
from smsverify.errors import ConfigurationError


def options(query: str) -> UrlOptions:
    """Return the options of an address."""
    return UrlOptions(urlsplit(f"redis://h?{query}"))


def test_what_is_taken_is_no_longer_there() -> None:
    """So that nothing is left to refuse."""
    given = options("db=3&ssl_ca_certs=/x&sentinel_username=a&sentinel_password=b")

    assert given.take_db("1") == 3
    assert given.take_tls() == {"ssl_ca_certs": "/x"}
    assert given.take_sentinel_credentials(Topology.SENTINEL) == Credentials("a", "b")
    given.refuse_rest()


def test_only_sentinels_have_credentials_of_their_own() -> None:
    """Elsewhere such an option is a mistake."""
    given = options("sentinel_password=b")

    assert given.take_sentinel_credentials(Topology.CLUSTER) == Credentials()
    with pytest.raises(ConfigurationError, match="sentinel_password"):
        given.refuse_rest()


@pytest.mark.parametrize("name", sorted(OPTIONS_OF_OTHERS))
def test_a_known_option_that_is_left_is_named(name: str) -> None:
    """Whoever brings it from elsewhere learns which one it is."""
    with pytest.raises(ConfigurationError, match=f"the option {name} "):
        options(f"{name}=1").refuse_rest()


def test_an_unknown_option_is_not_shown() -> None:
    """It may be a part of a password."""
    with pytest.raises(ConfigurationError) as caught:
        options("hunter2=x").refuse_rest()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), ("YES", True), ("False", False), ("0", False), ("no", False)],
)
def test_a_switch_is_on_or_off(text: str, value: bool) -> None:
    """In the ways in which people write it."""
    assert options(f"ssl_check_hostname={text}").take_tls() == {"ssl_check_hostname": value}


def test_every_tls_option_is_redis_pys() -> None:
    """A name that redis-py does not know would be an error at the first connection."""
    from redis.asyncio.connection import SSLConnection

    given: dict[str, Any] = dict.fromkeys(TLS_OPTIONS) | {"ssl_cert_reqs": "none"}
    SSLConnection(host="h", **given)
