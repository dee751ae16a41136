"""Runs a contract suite without pytest, to see which of its tests something fails."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def failing_tests(contract: type, fixtures: Callable[[], Mapping[str, object]]) -> set[str]:
    """
    Return the names of the tests that fail.

    ``fixtures`` is called inside the event loop of each test and gives what tests ask for by name.
    """
    failed = set()
    for name, test in inspect.getmembers(contract, inspect.isfunction):
        if not name.startswith("test_"):
            continue
        for values in _cases(test):
            try:
                asyncio.run(_run(contract, test, fixtures, values))
            except Exception:  # noqa: BLE001 - a test fails by any exception
                failed.add(name)
    return failed


async def _run(
    contract: type,
    test: Any,
    fixtures: Callable[[], Mapping[str, object]],
    values: Mapping[str, object],
) -> None:
    given = {**fixtures(), **values}
    wanted = inspect.signature(test).parameters.keys() - {"self"}
    await test(contract(), **{one: given[one] for one in wanted})


def _cases(test: Any) -> Iterator[dict[str, object]]:
    """Give what the test's parametrize marks give, all combined."""
    tables = []
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            names, rows = mark.args
            if isinstance(names, str):
                names, rows = (names,), [(row,) for row in rows]
            tables.append([dict(zip(names, row, strict=True)) for row in rows])
    for combination in itertools.product(*tables):
        yield {name: value for row in combination for name, value in row.items()}
