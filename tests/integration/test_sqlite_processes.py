"""Several processes share one SQLite file: sums are exact, and nobody hears of a lock."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start one of the programs of ``sqlite_writer``."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.sqlite_writer", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def started(*commands: tuple[object, ...]) -> Iterator[list[subprocess.Popen[str]]]:
    """Start programs, and end those that are left afterwards."""
    processes = [start(*command) for command in commands]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def run_together(*commands: tuple[object, ...]) -> Counter[str]:
    """Run programs that begin at the same moment; return what they counted."""
    with started(*commands) as processes:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        total: Counter[str] = Counter()
        for process in processes:
            out, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, "")
            total.update(json.loads(out))
    return total


def ask(path: Path, question: str) -> list[tuple[object, ...]]:
    """Ask the file itself."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def numbers(path: Path) -> tuple[int, int]:
    """Return the record that was counted up, and the counter that was counted with it."""
    ((value,),) = ask(path, "SELECT value FROM records WHERE key = '{test}:p:number'")
    ((n,),) = ask(path, "SELECT value FROM counters WHERE field = 'n'")
    assert isinstance(value, bytes)
    assert isinstance(n, int)
    return int(value), n


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is to be; the processes make it."""
    return tmp_path / "deep" / "store.db"


def test_a_budget_is_spent_exactly(path: Path) -> None:
    """Four processes of fifty tasks spend what there is, to the last unit, and no more."""
    total = run_together(*[("spend", path, name, 50) for name in range(4)])

    assert total == {"Written": 100, "CeilingReached": 100}
    assert ask(path, "SELECT field, value FROM counters ORDER BY field") == [
        ("sends", 100),
        ("spent", 700),
    ]
    assert ask(path, "SELECT count(*) FROM records") == [(100,)]


def test_no_increase_is_lost(path: Path) -> None:
    """Four processes that replace one record by its successor come to the exact number."""
    total = run_together(*[("increase", path, 100)] * 4)

    assert total == {"Written": 400}
    assert numbers(path) == (400, 400)


def test_many_may_come_first(path: Path) -> None:
    """Eight processes that find no file make it once, and all of them write."""
    total = run_together(*[("spend", path, name, 1) for name in range(8)])

    assert total == {"Written": 8}
    assert ask(path, "SELECT count(*) FROM records") == [(8,)]


def test_a_process_that_just_ends_leaves_nothing_behind(path: Path) -> None:
    """What it wrote is in the file, the log is folded in, and its end takes no time."""
    with started(("leave_without_closing", path)) as (process,):
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")

    assert [file.name for file in path.parent.iterdir()] == ["store.db"]
    assert numbers(path) == (1, 1)


@pytest.mark.parametrize("rest", [0, 3, 17, 60])
def test_a_killed_process_leaves_whole_commits(path: Path, rest: int) -> None:
    """Killed at any moment: all that was answered is there, and nothing is half there."""
    for _ in range(3):
        with started(("count_until_killed", path)) as (process,):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for _ in range(rest):
                process.stdout.readline()
            process.kill()
            told = process.communicate()[0].split()

        before = int(told[-1]) if told else 0
        if path.exists():
            assert ask(path, "PRAGMA integrity_check") == [("ok",)]
        if before:
            value, counted = numbers(path)
            assert value == counted
            # One more may have been written before it could be told.
            assert value in {before, before + 1}


@pytest.mark.parametrize(("how", "total"), [("busy", 205), ("quiet", 105), ("in C", 105)])
def test_a_fork_after_use_counts_on_both_sides(path: Path, how: str, total: int) -> None:
    """
    Parent and forked child write on, and nothing is lost or stuck.

    Also with a thread that writes during the fork, and after a fork of which Python is told late.
    """
    with started(("fork", path, how)) as (process,):
        out, err = process.communicate(timeout=90)

    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == {"child": 0}
    assert numbers(path) == (total, total)


@pytest.mark.parametrize("how", ["quiet", "in C"])
def test_a_child_outlives_its_parent(path: Path, how: str) -> None:
    """After the parent's end the child's writes go on, and are all there."""
    with started(("outlive", path, how)) as (process,):
        out, err = process.communicate(timeout=90)

    assert (process.returncode, err, out) == (0, "", "child done\n")
    assert numbers(path) == (105, 105)
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
