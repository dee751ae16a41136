"""Whoever has a file open is told before and after a fork, and at the process's end."""

from __future__ import annotations

import gc
import os

import pytest

from smsverify.adapters.sqlite import process_ends
from smsverify.adapters.sqlite.connection import OPENING


class Session:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.pid = os.getpid()

    def pause(self) -> None:
        """Note it."""
        self.told.append("pause")

    def resume(self) -> None:
        """Note it."""
        self.told.append("resume")

    def end(self) -> None:
        """Note it."""
        self.told.append("end")

    def join(self, seconds: float) -> None:
        """Note how long is waited."""
        self.told.append(f"join for {seconds:.0f}")

    def forget_parent(self) -> None:
        """Note it."""
        self.told.append("child")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return one who is told, and is all alone."""
    monkeypatch.setattr(process_ends, "_sessions", set())
    session = Session()
    process_ends.begins(session)
    return session


def test_a_parent_goes_on_after_a_fork(session: Session) -> None:
    """All stand still during the fork, and no file is opened then."""
    process_ends._before_fork()

    assert session.told == ["pause"]
    assert OPENING.locked()

    process_ends._after_fork_in_parent()

    assert session.told == ["pause", "resume"]
    assert not OPENING.locked()


def test_who_came_during_a_fork_is_not_resumed(session: Session) -> None:
    """Only those that were paused go on; a new one waits for the file by itself."""
    late = Session()
    process_ends._before_fork()
    process_ends.begins(late)
    process_ends._after_fork_in_parent()

    assert late.told == []


def test_a_child_has_no_sessions_of_its_parent(session: Session) -> None:
    """In the child nobody stays paused, owners are told, and the end waits for nobody."""
    owner = Session()
    process_ends.owns(owner)

    process_ends._before_fork()
    process_ends._after_fork_in_child()
    process_ends._at_exit()

    assert session.told == ["pause", "resume"]
    assert owner.told == ["child"]
    assert not OPENING.locked()


def test_what_belongs_to_a_parent_is_left_alone(session: Session) -> None:
    """After a fork that ran no hook, the parent's sessions are not touched."""
    session.pid = -1

    process_ends._before_fork()
    process_ends._after_fork_in_parent()
    process_ends._at_exit()

    assert session.told == []


def test_the_end_of_the_process_is_told(session: Session) -> None:
    """At exit each ends, and two seconds are enough for all."""
    process_ends._at_exit()

    assert session.told == ["end", "join for 2"]


def test_who_ended_is_told_no_more(session: Session) -> None:
    """A session that is over has nothing to pause or to end."""
    process_ends.ended(session)
    process_ends.ended(session)

    process_ends._before_fork()
    process_ends._after_fork_in_parent()
    process_ends._at_exit()

    assert session.told == []


def test_an_owner_that_is_gone_is_not_told() -> None:
    """To be told keeps no owner alive."""
    owner = Session()
    process_ends.owns(owner)
    told = owner.told
    del owner
    gc.collect()

    process_ends._before_fork()
    process_ends._after_fork_in_child()

    assert told == []
