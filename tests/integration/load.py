"""Several processes that begin their work together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def run_together(settings: dict[str, Any], jobs: list[dict[str, Any]]) -> tuple[Counter[str], int]:
    """Run each job in a process of its own, all at once; return the error codes and the sends."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.load_worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in jobs
    ]
    try:
        for worker, job in zip(workers, jobs, strict=True):
            _tell(worker, json.dumps({"settings": settings, "job": job}))
        assert [_hear(worker) for worker in workers] == ["ready"] * len(jobs)
        for worker in workers:
            _tell(worker, "")
        answers = [json.loads(_hear(worker)) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    counts = sum((Counter(answer["counts"]) for answer in answers), Counter[str]())
    return counts, sum(answer["sent"] for answer in answers)


def _tell(worker: subprocess.Popen[str], line: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(line + "\n")
    worker.stdin.flush()


def _hear(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()
