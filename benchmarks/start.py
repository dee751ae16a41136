"""Starting: what an import, the first verifier and the command line cost beside bare imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs

from benchmarks import cores
from benchmarks.goals import Goal
from benchmarks.plan import Plan
from benchmarks.spread import Spread

_STARTER = Path(__file__).with_name("starter.py")
_GET = "from smsverify import get_sms_verifier; get_sms_verifier()"
_DJANGO = "import django; from django.conf import settings; settings.configure(); django.setup()"
_LIVE = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "0" * 32,
    "TWILIO_PHONE_NUMBERS": "+17205550100",
    "SMS_ALLOWED_COUNTRIES": "US",
}
_REDIS = {"REDIS_URL": "redis://127.0.0.1:6379"}
_SIMULATION = {"SMS_SIMULATION_MODE": "true"}

BARE = "python, nothing else"
IMPORT = "import smsverify"
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    BARE: (["-c", "pass"], {}),
    "import attrs": (["-c", "import attrs"], {}),
    "import phonenumbers": (["-c", "import phonenumbers"], {}),
    "import redis.asyncio": (["-c", "import redis.asyncio"], {}),
    "import twilio.rest": (["-c", "import twilio.rest"], {}),
    "import dependency_injector": (["-c", "import dependency_injector.containers"], {}),
    "django.setup()": (["-c", _DJANGO], {}),
    IMPORT: (["-c", "import smsverify"], {}),
    "import get_sms_verifier": (
        ["-c", "from smsverify import get_sms_verifier"],
        {},
    ),
    "verifier, disabled": (["-c", _GET], {}),
    "verifier, simulation, SQLite": (["-c", _GET], _SIMULATION),
    "verifier, simulation, Redis": (["-c", _GET], _SIMULATION | _REDIS),
    "verifier, live, Redis": (["-c", _GET], _LIVE | _REDIS),
    "smsverify --help": (["-m", "smsverify", "--help"], {}),
}
"""
What is started, and the environment that it finds. ``verifier`` is the first
``get_sms_verifier()`` of a process, the import of it included.
"""


@attrs.frozen
class Start:
    """
    One thing to start.

    Attributes:
        what: Its name in `CASES`.
        milliseconds: From the start of the process to its end.
        added: The same less that of Python alone, repeat by repeat.
        mebibytes: The most memory that it held.
    """

    what: str
    milliseconds: Spread
    added: Spread
    mebibytes: Spread


@attrs.frozen
class Starts:
    """The rows, and the goals that they speak of."""

    rows: list[Start]
    goals: list[Goal]


def measure(plan: Plan) -> Starts:
    """Let all take turns, the first time unmeasured: byte code is written then."""
    took: dict[str, list[float]] = {what: [] for what in CASES}
    memory: dict[str, list[float]] = {what: [] for what in CASES}
    with tempfile.TemporaryDirectory(prefix="smsverify-bench-") as folder:
        for number in range(plan.repeats + 1):
            plan.say(f"start {number}/{plan.repeats}")
            for what, (milliseconds, mebibytes) in _run_all(folder).items():
                if number:
                    took[what].append(milliseconds)
                    memory[what].append(mebibytes)
    rows = [
        Start(
            what,
            Spread.of(took[what]),
            Spread.of(mine - bare for mine, bare in zip(took[what], took[BARE], strict=True)),
            Spread.of(memory[what]),
        )
        for what in CASES
    ]
    (light,) = [row.added for row in rows if row.what == IMPORT]
    name = "import smsverify, added"
    return Starts(rows, [Goal(name, 40.0, light, at_most=True, unit=" ms")])


def _run_all(folder: str) -> dict[str, tuple[float, float]]:
    """
    Run each case once, from a process that is small itself.

    A process that has just been started counts the memory of the one that started it.
    """
    base = {"PATH": os.environ["PATH"], "HOME": folder}
    cases = {what: (arguments, base | given) for what, (arguments, given) in CASES.items()}
    done = subprocess.run(
        [sys.executable, "-I", "-S", _STARTER],
        input=json.dumps({"cases": cases, "folder": folder, "core": cores.client_core()}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, tuple[float, float]] = json.loads(done.stdout)
    return figures
