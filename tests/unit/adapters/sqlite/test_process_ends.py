"""Whoever has a file open is told before and after a fork, and at the process's end."""

from __future__ import annotations

import gc
import os

import pytest

from smsverify.adapters.sqlite.connection import OPENING
from smsverify.adapters.sqlite.process_ends import ProcessEnds


class Session:
    """Notes what it is told."""

    def __init__(self, *, in_use: bool = False) -> None:
        self.told: list[str] = []
        self.pid = os.getpid()
        self.in_use = in_use

    def pause(self) -> None:
        """Note it."""
        self.told.append("pause")

    def resume(self) -> None:
        """Note it."""
        self.told.append("resume")

    def disown(self) -> bool:
        """Note it."""
        self.told.append("disown")
        return not self.in_use

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
def process() -> ProcessEnds:
    """Return what tells, apart from the one of this process."""
    return ProcessEnds()


@pytest.fixture
def session(process: ProcessEnds) -> Session:
    """Return one who is told."""
    session = Session()
    process.begins(session)
    return session


def test_a_parent_goes_on_after_a_fork(process: ProcessEnds, session: Session) -> None:
    """All stand still during the fork, and no file is opened then."""
    process.before_fork()

    assert session.told == ["pause"]
    assert OPENING.locked()

    process.after_fork_in_parent()

    assert session.told == ["pause", "resume"]
    assert not OPENING.locked()


def test_who_is_about_to_open_a_file_is_not_kept_from_it(process: ProcessEnds) -> None:
    """A session that has to end its call before it can stand still may need its file for that."""

    class Opens(Session):
        def pause(self) -> None:
            assert OPENING.acquire(timeout=5), (
                "who forks holds the lock, and waits for this session"
            )
            OPENING.release()
            super().pause()

    session = Opens()
    process.begins(session)

    process.before_fork()
    process.after_fork_in_parent()

    assert session.told == ["pause", "resume"]


def test_who_begins_while_others_are_paused_is_paused_too(process: ProcessEnds) -> None:
    """When the process forks, nobody is at work."""
    late = Session()

    class Delays(Session):
        def pause(self) -> None:
            super().pause()
            process.begins(late)

    process.begins(Delays())

    process.before_fork()
    assert late.told == ["pause"]
    process.after_fork_in_parent()

    assert late.told == ["pause", "resume"]


def test_who_came_during_a_fork_is_not_resumed(process: ProcessEnds) -> None:
    """Only those that were paused go on; a new one waits for the file by itself."""
    late = Session()
    process.before_fork()
    process.begins(late)
    process.after_fork_in_parent()

    assert late.told == []


def test_a_child_has_no_sessions_of_its_parent(process: ProcessEnds, session: Session) -> None:
    """In the child nobody stays paused, owners are told, and the end waits for nobody."""
    owner = Session()
    process.owns(owner)

    process.before_fork()
    process.after_fork_in_child()
    process.at_exit()

    assert session.told == ["pause", "resume"]
    assert owner.told == ["child"]
    assert not OPENING.locked()


def test_a_fork_that_is_told_only_afterwards_leaves_copies(
    process: ProcessEnds, session: Session
) -> None:
    """A child whose fork had no beginning for us tells its owners, and has copies to disown."""
    owner = Session()
    process.owns(owner)

    process.after_fork_in_child()
    session.pid = -1

    assert owner.told == ["child"]
    assert session.told == []
    assert process.disown_parents()
    assert session.told == ["disown"]
    assert process.disown_parents()
    assert session.told == ["disown"]


def test_what_was_in_use_cannot_be_disowned(process: ProcessEnds) -> None:
    """A copy of a session that was at work stays refused."""
    session = Session(in_use=True)
    session.pid = -1
    process.begins(session)

    assert not process.disown_parents()
    assert not process.disown_parents()


def test_what_is_ones_own_is_not_disowned(process: ProcessEnds, session: Session) -> None:
    """A process that did not fork has nothing of a parent."""
    assert process.disown_parents()
    assert session.told == []


def test_what_belongs_to_a_parent_is_left_alone(process: ProcessEnds, session: Session) -> None:
    """Neither a later fork nor the end of the child touches a parent's session."""
    session.pid = -1

    process.before_fork()
    process.after_fork_in_parent()
    process.at_exit()

    assert session.told == []


def test_the_end_of_the_process_is_told(process: ProcessEnds, session: Session) -> None:
    """At exit each ends, and two seconds are enough for all."""
    process.at_exit()

    assert session.told == ["end", "join for 2"]


def test_who_ended_is_told_no_more(process: ProcessEnds, session: Session) -> None:
    """A session that is over has nothing to pause or to end."""
    process.ended(session)
    process.ended(session)

    process.before_fork()
    process.after_fork_in_parent()
    process.at_exit()

    assert session.told == []


def test_an_owner_that_is_gone_is_not_told(process: ProcessEnds) -> None:
    """To be told keeps no owner alive."""
    owner = Session()
    process.owns(owner)
    told = owner.told
    del owner
    gc.collect()

    process.before_fork()
    process.after_fork_in_child()

    assert told == []
