"""What the model knows of one phone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

FACTS = ["sending", "unknown", "sent", "undelivered", "delivered"]
"""The states of an attempt, each a higher fact than the one before; "failed" stands outside."""


@dataclass(eq=False)
class Verification:
    """
    A code's life.

    Attributes:
        started: when its first attempt was admitted.
        secret: the name of the secret that issued it.
        digits: the code itself, as the first text showed it; None while no text did.
    """

    started: int
    secret: str
    digits: str | None = None


@dataclass
class Attempt:
    """
    One admitted send.

    Attributes:
        request: whose it is.
        text: what its text's code belongs to.
        carries: the same, or None once a code of the phone and purpose was approved.
        at: when it was admitted.
        repeats: whether an earlier attempt carried the same code.
        avoided: the senders that had failed for this phone when it was admitted.
    """

    request: int
    purpose: str
    text: Verification
    carries: Verification | None
    at: int
    amount: int
    country: str
    key: str | None
    repeats: bool
    avoided: frozenset[str] = frozenset()
    state: str = "sending"
    reason: str | None = None
    message_id: str | None = None
    sender: str | None = None


@dataclass(frozen=True)
class Approval:
    """One accepted code."""

    request: int
    purpose: str
    verification: Verification
    digits: str
    key: str | None


@dataclass
class Phone:
    """
    One phone.

    Attributes:
        attempts: in the order of admission; none is ever dropped here.
        wrong: by purpose, when each wrong answer since the last success was counted.
        answers: what each counted wrong answer was told to be left.
        seen: the messages that said STOP or START, oldest first.
    """

    attempts: list[Attempt] = field(default_factory=list)
    wrong: dict[str, list[int]] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)
    opted_out: bool = False
    seen: list[str] = field(default_factory=list)

    def copy(self) -> Phone:
        """Return it as it is now, untouched by what comes later."""
        return replace(
            self,
            attempts=[replace(one) for one in self.attempts],
            wrong={purpose: list(times) for purpose, times in self.wrong.items()},
            answers=dict(self.answers),
            approvals=list(self.approvals),
            seen=list(self.seen),
        )

    def attempt_of(self, request: int) -> Attempt | None:
        """Return the attempt of a request."""
        return next((one for one in self.attempts if one.request == request), None)
