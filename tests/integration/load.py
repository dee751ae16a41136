"""Several processes that begin their work together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90
"""More than every call of a job takes that is asked again as often as it may be."""


def run_together(settings: dict[str, Any], jobs: list[dict[str, Any]]) -> tuple[Counter[str], int]:
    """Run each job in a process of its own, all at once; return the error codes and the sends."""
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
    counts = sum((Counter(answer["counts"]) for answer in answers), Counter[str]())
    return counts, sum(answer["sent"] for answer in answers)
