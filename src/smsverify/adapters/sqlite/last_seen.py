"""What was seen at one record last, for those who ask for it while they wait for their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.ports.store import MAX_CLOCK_GAP, Conflict, Loaded, Stale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import Swap


@attrs.frozen
class _Sight:
    key: str
    value: bytes | None = attrs.field(repr=False)
    at: float


class LastSeen:
    """
    Answers calls that waited their turn while another one looked at the same record.

    The record was so at a moment between such a call's question and its answer, which is all that
    anybody who reads or writes it can ask for. So a crowd at one phone costs one look. Moments are
    read from ``time.monotonic()``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sight: _Sight | None = None

    def note(self, key: str, value: bytes | None, at: float) -> None:
        """Remember what was stored under a key, at ``at`` or later."""
        self._sight = _Sight(key, value, at)

    def load(self, records: Sequence[str], asked_at: float) -> Loaded | None:
        """Return what was seen since a load was asked for, None if that must be looked for."""
        sight = self._since(records, asked_at)
        return None if sight is None else Loaded(self._clock.wall(), (sight.value,))

    def refuse(
        self, swaps: Sequence[Swap], decided_at: Millis, asked_at: float
    ) -> Stale | Conflict | None:
        """Return why a commit can't be written, if that was seen since it was asked for."""
        sight = self._since([swap.key for swap in swaps], asked_at)
        if sight is None or sight.value == swaps[0].expected:
            return None
        now = self._clock.wall()
        kind = Stale if abs(now - decided_at) > MAX_CLOCK_GAP else Conflict
        return kind(now, (sight.value,))

    def _since(self, keys: Sequence[str], asked_at: float) -> _Sight | None:
        sight = self._sight
        if sight is None or sight.at < asked_at or len(keys) != 1 or keys[0] != sight.key:
            return None
        return sight
