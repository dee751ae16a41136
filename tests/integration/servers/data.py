"""What the servers of all topologies have in common: options, what is stored, what was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from tests.integration.servers import resp
from tests.integration.servers.asking import Command
from tests.integration.servers.process import ServerProcess

Stored: TypeAlias = dict[bytes, tuple[bytes, ...]]
"""Each key with all the bytes that it holds, fields and members included."""

OPTIONS: dict[str, str | int] = {
    "bind": "127.0.0.1",
    "save": '""',
    "appendonly": "no",
    # Ends at once, also as a primary whose replica lags behind.
    "shutdown-timeout": 0,
    # A replica is taken in at once instead of after the 5 s in which others might come too.
    "repl-diskless-sync-delay": 0,
    # ... and loads from the socket, where Valkey would look once a second for a finished file.
    "repl-diskless-load": "swapdb",
    "repl-ping-replica-period": 1,
    "enable-debug-command": "local",
}

_READERS: dict[bytes, tuple[str, ...]] = {
    b"string": ("GET",),
    b"hash": ("HGETALL",),
    b"list": ("LRANGE", "0", "-1"),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", "0", "-1", "WITHSCORES"),
    b"stream": ("XRANGE", "-", "+"),
}


def stored_in(server: ServerProcess) -> Stored:
    """Give everything that this server stores in its database 0."""
    found: Stored = {}
    for keys in _pages(server):
        kinds = server.pipeline([("TYPE", key) for key in keys])
        values = server.pipeline([_reader(*pair) for pair in zip(keys, kinds, strict=True)])
        found |= {key: tuple(_flat(held)) for key, held in zip(keys, values, strict=True)}
    return found


def command_counts_of(server: ServerProcess) -> Counter[str]:
    """
    Give how often this server ran each command since it started.

    Names are in small letters, a subcommand behind a bar (`config|set`). Commands that a script
    ran count too, and so do a cluster's and a replica's own ones.
    """
    return Counter(
        {
            name.removeprefix("cmdstat_"): int(fields.partition("calls=")[2].partition(",")[0])
            for name, fields in server.info("commandstats").items()
        }
    )


def _pages(server: ServerProcess) -> Iterator[list[bytes]]:
    cursor: bytes | int = 0
    while cursor != b"0":
        answer = server.call("SCAN", cursor, "COUNT", 1_000)
        assert isinstance(answer, list)
        cursor, page = answer  # type: ignore[assignment]
        assert isinstance(page, list)
        yield [key for key in page if isinstance(key, bytes)]


def _reader(key: bytes, kind: resp.Reply) -> Command:
    """Give the command that reads all of a key of this kind; of an unknown kind, its raw form."""
    assert isinstance(kind, bytes)
    name, *rest = _READERS.get(kind, ("DUMP",))
    return (name, key, *rest)


def _flat(reply: resp.Reply) -> Iterator[bytes]:
    if isinstance(reply, list):
        for item in reply:
            yield from _flat(item)
    elif isinstance(reply, bytes):
        yield reply
    elif reply is not None:
        yield str(reply).encode()
