"""The project's own files agree: what is asked for is pinned, and every command explains itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def asked_for() -> list[Requirement]:
    """Give every requirement of the package and of all its extras, but for its own extras."""
    project = PYPROJECT["project"]
    texts = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        texts += extra
    return [Requirement(t) for t in sorted(set(texts)) if not t.startswith("smsverify[")]


@pytest.mark.parametrize("requirement", asked_for(), ids=str)
def test_what_is_asked_for_has_a_lower_bound_and_a_pin_that_fits(requirement: Requirement) -> None:
    """Each requirement states the oldest version that works, and the pin is one that it allows."""
    name = canonicalize_name(requirement.name)
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == name]

    assert ">=" in str(requirement.specifier)
    assert pins
    for pin in pins:
        (version,) = (s.version for s in pin.specifier)
        assert requirement.specifier.contains(version)


def test_pins_are_exact_and_name_no_place() -> None:
    """A constraint is `name==version`, with a marker at most: no address, path or option."""
    for pin in PINS:
        assert pin.url is None
        assert [s.operator for s in pin.specifier] == ["=="]


def test_every_make_target_has_a_line_in_the_help() -> None:
    """What can be asked of make is what `make help` shows."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert phony is not None

    targets = set(phony[1].replace("\\\n", " ").split())
    explained = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))

    assert explained == targets
