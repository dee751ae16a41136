"""One rule about settings that are fine by their form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import attrs

from smsverify.domain.mode import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation

ALWAYS: Final = frozenset(Mode)
LIVE: Final = frozenset({Mode.LIVE})
SENDING: Final = frozenset({Mode.LIVE, Mode.SIMULATION})


class Judge(Protocol):
    """A pure function: the same situation gives the same findings."""

    def __call__(self, situation: Situation, /) -> Iterator[Finding]:
        """Give what there is to say, worst first; nothing when the rule has nothing to say."""
        ...


@attrs.frozen
class Judgement:
    """
    A rule with the conditions under which it is asked.

    Attributes:
        judge: the rule.
        reads: the variables that it looks at; it is not asked while one of them makes no sense by
            itself, since its answer would only repeat that.
        modes: the modes that it is asked in.
    """

    judge: Judge
    reads: tuple[str, ...]
    modes: frozenset[Mode] = ALWAYS

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Ask the rule, if it is to be asked here."""
        if situation.mode in self.modes and situation.broken.isdisjoint(self.reads):
            yield from self.judge(situation)
