"""The layers stay apart: import contracts, and calls that the rules may not make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]

# Everything that the rules may import, besides themselves. The standard library's part only
# computes: nothing here reads a clock, a file, the environment or chance.
DOMAIN_MAY_IMPORT = frozenset(
    {
        "attr",
        "attrs",
        "phonenumbers",
        "__future__",
        "base64",
        "bisect",
        "collections",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "hmac",
        "ipaddress",
        "itertools",
        "math",
        "operator",
        "re",
        "string",
        "struct",
        "types",
        "typing",
        "unicodedata",
    }
)

# Who stands outside and may ask the package itself for what it hands out.
OUTERMOST = ("smsverify.entrypoints", "smsverify.testing", "smsverify.__main__")


def ruff(code: str, path: str) -> str:
    """Lint a piece of code as if it stood in the project at this path."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"]
    command += ["--select=TID251", f"--stdin-filename={path}", "-"]
    done = subprocess.run(
        command, input=code, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def test_contracts_of_the_layers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrows between the layers point one way, as pyproject.toml states it."""
    monkeypatch.chdir(ROOT)

    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0


def test_domain_imports_only_what_computes() -> None:
    """The rules import attrs, phonenumbers and the pure part of the standard library."""
    graph = grimp.build_graph("smsverify", include_external_packages=True, cache_dir=None)
    modules = {"smsverify.domain"} | graph.find_descendants("smsverify.domain")

    imported = {(m, i) for m in modules for i in graph.find_modules_directly_imported_by(m)}
    outside = {
        f"{module} imports {name}"
        for module, name in imported
        if name.split(".")[0] not in DOMAIN_MAY_IMPORT and not name.startswith("smsverify.domain")
    }

    assert outside == set()


def test_inner_modules_do_not_go_through_the_package() -> None:
    """What `smsverify` itself hands out is for those outside; a layer imports from a lower one."""
    graph = grimp.build_graph("smsverify", cache_dir=None)

    importers = graph.find_modules_that_directly_import("smsverify")

    assert {m for m in importers if not m.startswith(OUTERMOST)} == set()


@pytest.mark.parametrize("layer", ["domain", "ports", "application"])
@pytest.mark.parametrize(
    "code",
    [
        "import datetime\n\nx = datetime.datetime.now(tz=datetime.UTC)\n",
        "import os\n\nx = os.environ\n",
        "import random\n",
        "import secrets\n",
        "import time\n\nx = time.monotonic()\n",
        "from datetime import date\n\nx = date.today()\n",
        "from datetime import datetime\n\nx = datetime.utcnow()\n",
        "from os import getenv\n",
        "from os import urandom\n",
        "from time import time\n",
    ],
)
def test_pure_layers_may_not_reach_for_time_chance_or_environment(layer: str, code: str) -> None:
    """The linter refuses in the pure layers what would make a rule depend on when it runs."""
    assert "TID251" in ruff(code, f"src/smsverify/{layer}/deep/rule.py")


@pytest.mark.parametrize("path", ["src/smsverify/adapters/system/clock.py", "tests/unit/test_x.py"])
def test_other_layers_may(path: str) -> None:
    """What the rules may not call, adapters and tests may."""
    assert ruff("import os\nimport time\n\nx = os.environ, time.time()\n", path).startswith("All")
