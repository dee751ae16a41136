"""Values that say where the servers are, and show no secret."""

from __future__ import annotations

import pytest

from smsverify.adapters.redis.deployment import Address, Credentials, Deployment, Topology


def test_nothing_secret_is_in_a_repr() -> None:
    """Neither passwords nor user names, nor the options that may hold a key's password."""
    shown = repr(
        Deployment(
            Topology.SENTINEL,
            (Address("h", 1),),
            credentials=Credentials("user1", "pw1"),
            sentinel_credentials=Credentials("user2", "pw2"),
            tls_options={"ssl_password": "pw3"},
        )
    )

    assert not [word for word in ("user1", "pw1", "user2", "pw2", "pw3") if word in shown]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (Address("h", 1), "h:1"),
        (Address("::1", 1), "[::1]:1"),
        (Address("/run/x.sock", 0), "/run/x.sock"),
    ],
)
def test_an_address_reads_as_it_is_written(address: Address, shown: str) -> None:
    """For the sentences that name a server."""
    assert str(address) == shown
