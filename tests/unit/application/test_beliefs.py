"""What was seen last, by key: replaced as a whole, given up when asked to, and of bounded size."""

from __future__ import annotations

import sys
import threading

import pytest

from smsverify.application import beliefs
from smsverify.application.beliefs import REMEMBERED, Belief, Beliefs

KEY, OTHER = "p:someone", "p:another"


def test_of_a_key_never_met_nothing_is_believed() -> None:
    """Whoever has seen nothing has to look."""
    assert Beliefs[str]().get(KEY, or_nothing=False) is None


def test_a_key_never_met_can_be_taken_for_empty() -> None:
    """Who guesses that a key is new believes that nothing is stored; a guess is not remembered."""
    believed: Beliefs[str] = Beliefs()

    guess = believed.get(KEY, or_nothing=True)

    assert guess is not None
    assert (guess.data, guess.record) == (None, None)
    assert believed.get(KEY, or_nothing=False) is None


@pytest.mark.parametrize("or_nothing", [True, False])
@pytest.mark.parametrize("belief", [Belief(b"a", "a"), Belief()], ids=["a record", "nothing"])
def test_the_last_that_was_seen_is_believed(belief: Belief[str], or_nothing: bool) -> None:
    """A belief is that very object, so that a run knows what it has seen itself."""
    believed: Beliefs[str] = Beliefs()
    believed.set(KEY, Belief(b"old", "old"))

    believed.set(KEY, belief)

    assert believed.get(KEY, or_nothing=or_nothing) is belief


def test_keys_are_believed_separately() -> None:
    """What was seen under one key says nothing of another."""
    believed: Beliefs[str] = Beliefs()
    one, other = Belief(b"a", "a"), Belief(b"b", "b")

    believed.set(KEY, one)
    believed.set(OTHER, other)

    assert believed.get(KEY, or_nothing=False) is one
    assert believed.get(OTHER, or_nothing=False) is other


@pytest.mark.parametrize("or_nothing", [True, False])
def test_a_key_that_was_met_is_not_taken_for_empty(or_nothing: bool) -> None:
    """Of a key that was met and not written to nothing is believed, not even that it is empty."""
    believed: Beliefs[str] = Beliefs()
    believed.set(KEY, Belief(b"a", "a"))

    believed.set(KEY, None)

    assert believed.get(KEY, or_nothing=or_nothing) is None


def test_they_do_not_grow_without_end() -> None:
    """When it is full all are forgotten but the newest; a forgotten key is as one never met."""
    believed: Beliefs[str] = Beliefs()
    for count in range(REMEMBERED):
        believed.set(f"p:{count}", None)
    assert believed.get("p:0", or_nothing=True) is None

    believed.set("p:new", None)

    assert believed.get("p:0", or_nothing=True) is not None
    assert believed.get("p:new", or_nothing=True) is None
    assert len(believed._by_key) == 1


def test_news_of_a_known_key_forget_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full memory of phones that all come again stays as it is."""
    monkeypatch.setattr(beliefs, "REMEMBERED", 2)
    believed: Beliefs[str] = Beliefs()
    one, other, newer = (Belief(text, "") for text in (b"1", b"2", b"3"))
    believed.set(KEY, one)
    believed.set(OTHER, other)

    believed.set(OTHER, newer)

    assert believed.get(KEY, or_nothing=False) is one
    assert believed.get(OTHER, or_nothing=False) is newer


def test_several_threads_may_use_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever another thread forgets meanwhile, nobody gets an error or another key's belief."""
    monkeypatch.setattr(beliefs, "REMEMBERED", 4)
    believed: Beliefs[int] = Beliefs()
    trouble: list[object] = []

    def work(first: int) -> None:
        try:
            for count in range(2_000):
                number = (first + count) % 6
                believed.set(f"p:{number}", Belief(b"%d" % number, number))
                found = believed.get(f"p:{number}", or_nothing=bool(count % 2))
                if found is not None and found.record not in {None, number}:
                    trouble.append((number, found.record))
        except Exception as error:  # noqa: BLE001 - an assertion in a thread would not be heard
            trouble.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert trouble == []
    assert len(believed._by_key) <= 4 + len(threads)
