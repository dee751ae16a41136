"""Say what share of the judged mutants was killed; fail when that is less than nine in ten."""

from __future__ import annotations

import json
import sys
from pathlib import Path

WANTED = 0.9
STATS = Path("mutants/mutmut-cicd-stats.json")
"""What ``mutmut export-cicd-stats`` writes."""


def main() -> int:
    """Return the exit status."""
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    # One that waits for ever was noticed; one that no test reaches, or any other end, was not.
    killed = stats["killed"] + stats["timeout"]
    judged = killed + sum(stats[end] for end in ("survived", "no_tests", "suspicious", "segfault"))
    if not judged:
        print("No mutant was judged.")
        return 1
    print(f"{killed} of {judged} mutants killed: {killed / judged:.1%}, wanted {WANTED:.0%}.")
    return 0 if killed / judged >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
