"""What a round costs in commands, trips and bytes: counted, so the same on every machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import attrs

from benchmarks.plan import Plan
from benchmarks.server import Server
from benchmarks.worker import Worker
from tests.integration.servers import FaultProxy

SIDES = ("ours", "floor", "rules_in_lua", "limiter")
_ROUNDS = 500
_PHONES = 5_000


@attrs.frozen
class Wire:
    """
    What a side says to the server in a round, one at a time, and leaves in its memory.

    Attributes:
        side: Its name.
        commands: Commands.
        trips: Times that it waited for the server.
        bytes_up: Bytes to the server.
        bytes_down: Bytes from it.
        memory: Bytes of the server's memory for a phone, everything counted.
    """

    side: str
    commands: float
    trips: float
    bytes_up: float
    bytes_down: float
    memory: float


def measure(plan: Plan) -> list[Wire]:
    """Count each side's traffic through a relay."""
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        return [_count(plan, server, side, Path(folder)) for side in SIDES]


def _count(plan: Plan, server: Server, side: str, folder: Path) -> Wire:
    plan.say(f"on the wire: {side}")
    server.flush()
    relay = FaultProxy("127.0.0.1", server.process.port)
    with relay, Worker(side, relay.url, folder) as worker:
        worker.run(tasks=1, times=10)  # connections, scripts, the day's counters
        empty, before = server.used_memory(), relay.counts
        worker.run(tasks=1, times=_ROUNDS)
        spent = relay.counts - before
        worker.run(tasks=1, times=_PHONES - _ROUNDS)
        memory = server.used_memory() - empty
    return Wire(
        side,
        spent.commands / _ROUNDS,
        spent.round_trips / _ROUNDS,
        spent.bytes_up / _ROUNDS,
        spent.bytes_down / _ROUNDS,
        memory / _PHONES,
    )
