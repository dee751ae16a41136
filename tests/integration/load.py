"""Several processes that begin their work together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.integration.load_worker import AGAIN, SILENT

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90
"""More than every call of a job takes that is asked again as often as it may be."""


def run_together(settings: dict[str, Any], jobs: list[dict[str, Any]]) -> tuple[Counter[str], int]:
    """
    Run each job in a process of its own, all at once; return the error codes and the sends.

    Whoever was told that the store was silent stands with those who have to ask again: on a slow
    machine commands wait in a queue. But a store that most hear nothing of is not slow, it is away.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.load_worker"],
        cwd=ROOT,
        input=json.dumps({"settings": settings, "jobs": jobs}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"a job did not come to its end: {done.stderr[-2_000:]}"
    answers = json.loads(done.stdout)
    told = sum((Counter(answer["counts"]) for answer in answers), Counter[str]())
    counts: Counter[str] = Counter()
    for name, count in told.items():
        kind, code = name.rpartition(" ")[::2]
        counts[f"{kind} {AGAIN if code in SILENT else code}".strip()] += count
    silent = sum(count for name, count in told.items() if name.split()[-1] in SILENT)
    assert silent <= told.total() / 2, f"the store was silent: {told}"
    return counts, sum(answer["sent"] for answer in answers)
