"""
Starts other processes and tells what they took: milliseconds, and MiB at most.

It imports next to nothing: Linux counts for a new process the memory of the one that started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run all cases that are told on standard input, one after the other."""
    asked = json.load(sys.stdin)
    if asked["core"] is not None:
        os.sched_setaffinity(0, {asked["core"]})
    figures = {
        what: _run(arguments, environment, asked["folder"])
        for what, (arguments, environment) in asked["cases"].items()
    }
    json.dump(figures, sys.stdout)


def _run(arguments: list[str], environment: dict[str, str], folder: str) -> tuple[float, float]:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    milliseconds = (time.perf_counter() - began) * 1e3
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments}: {said.decode()}")
    # macOS counts it in bytes, Linux in KiB.
    return milliseconds, used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
