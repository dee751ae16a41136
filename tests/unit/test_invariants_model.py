"""The model is worth something only as long as it shares nothing with what it judges."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.model.numbers import HOUR, MINUTE, Numbers
from tests.model.verdict import full_windows, places

TESTS = Path(__file__).parents[1]
MODEL = sorted((TESTS / "model").glob("*.py"))
INVARIANTS = TESTS.parent / "docs" / "invariants.md"


def imported_by(module: Path) -> set[str]:
    """Return the modules that a file names in any import, wherever it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("module", MODEL, ids=lambda path: path.stem)
def test_the_model_imports_nothing_of_ours(module: Path) -> None:
    """Every import is the standard library's or the model's own."""
    for name in imported_by(module):
        own = name == "tests.model" or name.startswith("tests.model.")
        assert own or name.partition(".")[0] in sys.stdlib_module_names, f"{module}: {name}"


def test_the_model_is_there() -> None:
    """The test above looks at files, so there have to be some."""
    assert {"verification_model", "verdict", "ledger"} <= {path.stem for path in MODEL}


def test_windows_by_hand() -> None:
    """The model's own arithmetic, checked on a case that one can count on one's fingers."""
    limits = [("few", 2, 10 * MINUTE), ("many", 3, HOUR)]
    times = [0, 5 * MINUTE, 8 * MINUTE]
    assert full_windows(times[:1], limits, 8 * MINUTE) is None
    full = full_windows(times, limits, 9 * MINUTE)
    assert full is not None
    assert (full.rules, full.wait) == ({"many"}, 51 * MINUTE)
    short = full_windows(times[1:], limits, 9 * MINUTE)
    assert short is not None
    assert (short.rules, short.wait) == ({"few"}, 6 * MINUTE)
    assert places(times[:1], limits, 8 * MINUTE) == 1
    assert places([], limits, 0) == 2


def test_time_from_the_future_counts_as_now() -> None:
    """A time far ahead fills its window from now on; one a little ahead is an honest one."""
    limits = [("few", 1, HOUR)]
    ahead, honest = full_windows([HOUR], limits, 0), full_windows([5_000], limits, 0)
    assert ahead is not None
    assert ahead.wait == HOUR
    assert honest is not None
    assert honest.wait == HOUR + 5_000


def test_a_foreign_country_has_a_tenth() -> None:
    """A country abroad has a tenth of the day's money, one with a ceiling has that, home none."""
    numbers = Numbers(budget=1_000, country_budgets={"DE": 7})
    assert [numbers.budget_of(country) for country in ("GB", "DE", "US")] == [100, 7, None]


def test_every_invariant_is_told_and_tested() -> None:
    """docs/invariants.md names I1 to I13, each with tests that exist."""
    text = INVARIANTS.read_text()
    suites = "".join(path.read_text() for path in (TESTS / "stepping").glob("*.py"))
    for number in range(1, 14):
        section = re.search(rf"^## I{number}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section is not None, f"I{number} is not told"
        named = re.findall(r"`(\w+)\.(test_\w+)`", section[0])
        assert named, f"I{number} names no test"
        for suite, test in named:
            assert f"class {suite}(" in suites, f"I{number}: there is no {suite}"
            assert f"def {test}(" in suites, f"I{number}: there is no {test}"
