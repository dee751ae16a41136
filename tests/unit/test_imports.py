"""
What an import loads, in counts and not in seconds: `make bench` measures the time.

Each case runs in a process of its own, and is seen from there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

MAY_IMPORT_SMSVERIFY_LOAD = frozenset(
    {
        "__future__",
        "collections",
        "contextlib",
        "copyreg",
        "enum",
        "functools",
        "importlib",
        "itertools",
        "keyword",
        "operator",
        "re",
        "reprlib",
        "smsverify",
        "types",
        "typing",
        "warnings",
    }
)
"""Packages: our own first file, and what `typing` and `importlib` need. None of them is heavy."""

HEAVY = frozenset({"asyncio", "email", "http", "logging", "sqlite3", "ssl", "urllib"})
"""Packages of the standard library that take more time than all the others together."""


@cache
def loaded_by(code: str) -> frozenset[str]:
    """Give the names of the modules that a piece of code loads in a fresh process."""
    told = "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nbefore = set(sys.modules)\n{code}\n{told}"],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return frozenset(done.stdout.split())


def packages(modules: frozenset[str]) -> set[str]:
    """Give the packages that modules belong to, without the interpreter's inner ones."""
    return {name.partition(".")[0] for name in modules if not name.startswith("_") or "__" in name}


def outside(modules: frozenset[str]) -> set[str]:
    """Give those that are neither ours nor the standard library's."""
    return packages(modules) - sys.stdlib_module_names - {"smsverify"}


def test_the_package_is_one_file() -> None:
    """`import smsverify` loads itself and next to nothing, so that any program can afford it."""
    modules = loaded_by("import smsverify")

    assert packages(modules) <= MAY_IMPORT_SMSVERIFY_LOAD
    assert {name for name in modules if name.startswith("smsverify")} == {"smsverify"}


def test_the_usual_import_is_two_files() -> None:
    """The function is there, and what it builds is not."""
    modules = loaded_by("from smsverify import get_sms_verifier")

    assert {name for name in modules if name.startswith("smsverify.")} == {"smsverify.sms_verifier"}
    assert packages(modules) <= MAY_IMPORT_SMSVERIFY_LOAD | {"threading"}


@pytest.mark.parametrize(
    "name", ["ErrorCode", "SmsVerifyError", "StoreError", "ConfigurationError"]
)
def test_errors_need_no_other_library(name: str) -> None:
    """Code that only catches what we raise loads nothing of what raises it."""
    modules = loaded_by(f"from smsverify import {name}")

    assert outside(modules) == set()
    assert not packages(modules) & HEAVY


@pytest.mark.parametrize("name", ["SendResult", "CheckResult"])
def test_results_need_attrs_alone(name: str) -> None:
    """They are values."""
    modules = loaded_by(f"from smsverify import {name}")

    assert outside(modules) == {"attr", "attrs"}
    assert not packages(modules) & (HEAVY - {"email", "urllib", "logging"})


def test_the_rules_need_two_libraries() -> None:
    """The whole of the domain, in any program, without a loop, a socket or a file."""
    modules = loaded_by(
        "import importlib, pkgutil, smsverify.domain as d\n"
        "for one in pkgutil.iter_modules(d.__path__): "
        "importlib.import_module('smsverify.domain.' + one.name)"
    )

    assert outside(modules) == {"attr", "attrs", "phonenumbers"}
    assert {name for name in modules if name.startswith("smsverify.")} >= {
        "smsverify.domain.admission",
        "smsverify.domain.check",
        "smsverify.domain.settlement",
    }
    assert not packages(modules) & {"asyncio", "sqlite3", "ssl", "logging", "http"}


def test_asking_for_help_builds_nothing() -> None:
    """The command line lists its commands without loading any of them."""
    modules = loaded_by(
        "import contextlib, io, smsverify.__main__ as m\n"
        "sys.argv = ['smsverify', '--help']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): m.main()"
    )

    assert outside(modules) == {"click"}
    assert len([name for name in modules if name.startswith("smsverify.")]) <= 10
    assert "asyncio" not in modules
