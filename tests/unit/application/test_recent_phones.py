"""A hint on which phones are known, of bounded size."""

from __future__ import annotations

from smsverify.application.recent_phones import REMEMBERED, RecentPhones


def test_it_remembers_what_it_was_told() -> None:
    """A key is known after it was added, and no other is."""
    recent = RecentPhones()

    recent.add("p:a")

    assert "p:a" in recent
    assert "p:b" not in recent


def test_it_does_not_grow_without_end() -> None:
    """When it is full all are forgotten but the newest."""
    recent = RecentPhones()
    for count in range(REMEMBERED):
        recent.add(f"p:{count}")
    assert "p:0" in recent

    recent.add("p:new")

    assert "p:0" not in recent
    assert "p:new" in recent
    assert len(recent._keys) == 1
