"""
What a round of ours says to its store, for the floor to say as much.

    python -m benchmarks.said

prints it as JSON: for each command the bytes of the value that it stores, or null if it only reads.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.playground import Playground, clock_of_today
from smsverify.adapters.memory.store import MemoryStore
from smsverify.domain.counters import Add
from smsverify.domain.periods import Millis
from smsverify.ports.store import CommitAnswer, Loaded, Swap
from smsverify.testing import ManualClock

Said = list[int | None]

_WARM = "+15551234566"


class _ListeningStore(MemoryStore):
    """Notes each call; the Redis adapter makes one command of it."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "bench:")
        self.heard: Said = []

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        self.heard.append(None)
        return await super().load(records, counters)

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        self.heard.append(sum(len(swap.new or b"") for swap in swaps))
        return await super().commit(swaps, adds, decided_at)


async def in_a_round() -> Said:
    """Give what a process that is under way says for a phone never seen before."""
    store = _ListeningStore(clock := clock_of_today())
    playground = Playground(clock=clock, store=store)
    await playground.round(_WARM)
    store.heard.clear()
    await playground.round()
    return store.heard


def measured() -> Said:
    """Give the same, found out by another process: this one shall not load our library."""
    command = [sys.executable, "-m", "benchmarks.said"]
    told: Said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return told


if __name__ == "__main__":
    print(json.dumps(asyncio.run(in_a_round())))
