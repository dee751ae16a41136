"""Randomness for tests can be foreseen, and yet never repeats."""

from __future__ import annotations

import os

import pytest

from smsverify.testing.entropy import ScriptedEntropy


def test_a_seed_gives_the_same_bytes_again() -> None:
    """Two runs of a test see the same ids, with another seed others."""
    first, again, other = ScriptedEntropy(), ScriptedEntropy(), ScriptedEntropy(seed=1)

    tokens = [first.token(16) for _ in range(3)]

    assert tokens == [again.token(16) for _ in range(3)]
    assert not set(tokens) & {other.token(16) for _ in range(3)}


@pytest.mark.parametrize("size", [0, 1, 8, 16, 100])
def test_it_gives_as_many_bytes_as_asked_for(size: int) -> None:
    """Any size can be had."""
    assert len(ScriptedEntropy().token(size)) == size


def test_no_id_comes_twice() -> None:
    """Ids of eight bytes differ, whatever is asked for in between."""
    entropy = ScriptedEntropy()

    ids = [entropy.token(8) for _ in range(10_000)]

    assert len(set(ids)) == len(ids)


def test_a_forked_child_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child does not hand out its parent's ids."""
    parent, child = ScriptedEntropy(), ScriptedEntropy()

    of_parent = parent.token(8)
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert child.token(8) != of_parent
