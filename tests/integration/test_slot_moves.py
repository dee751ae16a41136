"""Our slot moves to another node of a Cluster while people send and check: nobody notices."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from smsverify import SmsVerifier
from tests.integration.servers import ClusterTopology, key_slot
from tests.integration.witness import Witness, phones

WORKERS = 8
BETWEEN = 200
"""Calls that are made before each move, so that there is something to be moved."""
AT_A_TIME = 5
"""Keys that travel together: a record may be gone while the day's sums are still there."""


@pytest.fixture
async def witness(cluster_url: str) -> AsyncIterator[Witness]:
    """Watch the empty cluster."""
    watching = Witness(redis_url=cluster_url, daily_cost_limit="100000")
    yield watching
    await watching.close()


MOVES = pytest.mark.parametrize(
    "moves", [2, pytest.param(40, marks=pytest.mark.endurance)], ids=["twice", "often"]
)


@MOVES
async def test_people_go_on_while_the_slot_moves(
    cluster: ClusterTopology, witness: Witness, moves: int
) -> None:
    """Every message goes out, every wrong answer counts, every code works: nothing is retried."""
    host = witness.verifier()
    slot = key_slot(witness.key_of_phone("+17202000000"))
    numbers = phones()
    codes: Counter[str] = Counter()
    going = True

    async def work() -> None:
        while going:
            codes.update(await _round(witness, host, next(numbers)))

    workers = [asyncio.ensure_future(work()) for _ in range(WORKERS)]
    for number in range(moves):
        await _reach(codes, (number + 1) * BETWEEN)
        await _move(cluster, slot)
    await _reach(codes, (moves + 1) * BETWEEN)
    going = False
    await asyncio.gather(*workers)

    assert set(codes) == {"None", "INCORRECT_CODE", "NO_PENDING_VERIFICATION"}
    rounds = len(witness.seen)
    assert codes == {
        "None": 2 * rounds, "INCORRECT_CODE": rounds, "NO_PENDING_VERIFICATION": rounds,
    }  # fmt: skip
    await witness.compare()


async def _reach(codes: Counter[str], calls: int) -> None:
    """Wait until so many calls have been told their result."""
    async with asyncio.timeout(30):
        while codes.total() < calls:  # noqa: ASYNC110 - polling with a deadline
            await asyncio.sleep(0.001)


async def _round(witness: Witness, host: SmsVerifier, phone: str) -> list[str]:
    """Ask for a code; type a wrong one, the right one, and the right one once more."""
    sent = await witness.send(host, phone)
    code = witness.code(phone)
    typed = (witness.wrong(phone), code, code)
    told = [(await witness.check(host, phone, one)).error_code for one in typed]
    return [str(one) for one in (sent.error_code, *told)]


async def _move(cluster: ClusterTopology, slot: int) -> None:
    """Move the slot to the next primary, some keys at a time."""
    nodes = sorted(cluster.primaries, key=lambda node: node.port)
    owner = cluster.owner_of(slot)
    target = nodes[(nodes.index(owner) + 1) % len(nodes)]
    move = await asyncio.to_thread(cluster.begin_move, slot, target)
    while await asyncio.to_thread(move.migrate, AT_A_TIME):
        pass
    await asyncio.to_thread(move.finish)
