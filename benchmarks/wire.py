"""What a round costs in commands, trips, and bytes: counted, not timed."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import attrs

from benchmarks.plan import Plan
from benchmarks.rounds import SIDES
from benchmarks.server import Server
from benchmarks.spread import Spread
from benchmarks.stores import SQLITE
from benchmarks.worker import Worker
from tests.integration.servers import FaultProxy

_REPEATS = 3
_ROUNDS = 100
_PHONES = 3_000


@attrs.frozen
class Wire:
    """
    What a side says to its store in a round, one at a time, and leaves there.

    Where the repeats gave the same, low and high of a figure are alike: it is a count.

    Attributes:
        side: Its name.
        unit: What it says: commands, or SQL statements.
        said: How many of them.
        memory: Bytes that the store grows by for a phone, everything counted: the server's memory,
            or the file's when all of its log has gone into it.
        trips: Times that it waited for the server; None without one, and so on.
        bytes_up: Bytes to the server.
        bytes_down: Bytes from it.
    """

    side: str
    unit: str
    said: Spread
    memory: Spread
    trips: Spread | None = None
    bytes_up: Spread | None = None
    bytes_down: Spread | None = None


@attrs.frozen
class _Turn:
    """What one repeat of a side came to, for a round or a phone."""

    said: float
    memory: float
    trips: float = 0.0
    bytes_up: float = 0.0
    bytes_down: float = 0.0


class _OnServer:
    """A side that talks to a server: counted through a relay, and filling it without one."""

    def __init__(self, side: str, server: Server, folder: Path) -> None:
        self._server = server
        self._relay = FaultProxy("127.0.0.1", server.process.port)
        self._counted = Worker(side, self._relay.url, folder)
        self._filling = Worker(side, server.url, folder)

    def turn(self) -> _Turn:
        self._server.flush()
        self._counted.run(tasks=1, times=10)  # connections, scripts, the day's counters
        before = self._relay.counts
        self._counted.run(tasks=1, times=_ROUNDS)
        spent = self._relay.counts - before
        # One at a time: what more connections have for buffers would count for the phones.
        self._filling.run(tasks=1, times=10)
        empty = self._server.used_memory()
        self._filling.run(tasks=1, times=_PHONES)
        return _Turn(
            spent.commands / _ROUNDS,
            (self._server.used_memory() - empty) / _PHONES,
            spent.round_trips / _ROUNDS,
            spent.bytes_up / _ROUNDS,
            spent.bytes_down / _ROUNDS,
        )

    def close(self) -> None:
        self._counted.close()
        self._filling.close()
        self._relay.close()


class _InFile:
    """A side that keeps a file, and counts its statements itself."""

    def __init__(self, side: str, folder: Path) -> None:
        self._worker = Worker(side, "", folder)

    def turn(self) -> _Turn:
        self._worker.prepare("counted")
        before = self._worker.spent()
        self._worker.run("counted", tasks=1, times=_PHONES)
        after = self._worker.spent()
        said, grown = (after[name] - before[name] for name in ("statements", "bytes"))
        return _Turn(said / _PHONES, grown / _PHONES)

    def close(self) -> None:
        self._worker.close()


def measure(plan: Plan) -> list[Wire]:
    """Let all sides take turns, and count."""
    turns: dict[str, list[_Turn]] = {side: [] for side in SIDES}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsverify-bench-")))
        server = stack.enter_context(Server())
        counters: dict[str, _OnServer | _InFile] = {}
        for side, (_, store) in SIDES.items():
            (own := folder / side).mkdir()
            is_file = store is SQLITE
            counter = _InFile(side, own) if is_file else _OnServer(side, server, own)
            stack.callback(counter.close)
            counters[side] = counter
        for number in range(_REPEATS):
            for side, counter in counters.items():
                plan.say(f"counting {number + 1}/{_REPEATS}: {side}")
                turns[side].append(counter.turn())
    return [_wire(side, all_) for side, all_ in turns.items()]


def _wire(side: str, turns: list[_Turn]) -> Wire:
    figures = {
        field.name: Spread.of(getattr(turn, field.name) for turn in turns)
        for field in attrs.fields(_Turn)
    }
    if SIDES[side][1] is SQLITE:
        return Wire(side, "SQL statements", figures["said"], figures["memory"])
    return Wire(side, "commands", **figures)
