"""Bringing a server into a state in which it refuses work, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from tests.integration.servers import resp
from tests.integration.servers.polling import wait_until
from tests.integration.servers.process import ServerProcess

_FILLER_KEYS = 200
_FILLER_BYTES = 2_048
_LOAD_DELAY_MICROSECONDS = 50_000


@contextlib.contextmanager
def full(server: ServerProcess) -> Iterator[None]:
    """Let every command that would need memory be refused (OOM)."""
    server.call("CONFIG", "SET", "maxmemory", 1)
    try:
        yield
    finally:
        server.call("CONFIG", "SET", "maxmemory", 0)


@contextlib.contextmanager
def busy(server: ServerProcess) -> Iterator[None]:
    """Let a script run without end, so that all others are refused (BUSY)."""
    server.call("CONFIG", "SET", "lua-time-limit", 1)
    with _saying(server, "EVAL", "while true do end", 0):
        wait_until(lambda: _not_refusing(server, "BUSY"), within=5, what="BUSY")
        try:
            yield
        finally:
            server.call("SCRIPT", "KILL")
    wait_until(lambda: _refusing(server), within=5, what="the script's end")
    server.call("CONFIG", "SET", "lua-time-limit", 5_000)


@contextlib.contextmanager
def loading(server: ServerProcess) -> Iterator[None]:
    """Let it read its data from disk, slowly (LOADING). Keys `filler:*` are there afterwards."""
    server.call("DEBUG", "POPULATE", _FILLER_KEYS, "filler", _FILLER_BYTES)
    server.call("CONFIG", "SET", "rdbcompression", "no")
    server.call("CONFIG", "SET", "loading-process-events-interval-bytes", 1_024)
    server.call("CONFIG", "SET", "key-load-delay", _LOAD_DELAY_MICROSECONDS)
    try:
        with _saying(server, "DEBUG", "RELOAD"):
            wait_until(lambda: _not_refusing(server, "LOADING"), within=5, what="LOADING")
            yield
            server.call("CONFIG", "SET", "key-load-delay", 0)
            wait_until(lambda: _refusing(server), within=15, what="the end of loading")
    finally:
        server.call("CONFIG", "SET", "key-load-delay", 0)


@contextlib.contextmanager
def _saying(server: ServerProcess, *command: str | int) -> Iterator[None]:
    """Say a command and keep its connection open without waiting for the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(resp.encode(*command))
        yield


def _refusing(server: ServerProcess) -> str | None:
    try:
        server.call("GET", "any")
    except resp.ServerRefusal as refusal:
        return str(refusal)
    return None


def _not_refusing(server: ServerProcess, word: str) -> str | None:
    said = _refusing(server)
    return None if said is not None and said.startswith(word) else f"it says {said}"
