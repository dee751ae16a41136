"""What the tests of the Redis adapter share."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

import pytest

from smsverify.adapters.redis import pool as pool_module
from tests.unit.adapters.redis.doubles import FakeServers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _nothing_fails_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A callback of the event loop that raises is logged, and nobody would notice."""
    yield
    said = [record for record in caplog.get_records("call") if record.name == "asyncio"]
    assert [one.getMessage() for one in said if one.levelno >= logging.WARNING] == []


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give the two ends of a connection without a network: ours and a server's."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> FakeServers:
    """Give servers without sockets, to which every pool connects."""
    servers = FakeServers()
    monkeypatch.setattr(pool_module, "make_link", servers.make_link)
    monkeypatch.setattr(pool_module, "connect", servers.connect)
    return servers
