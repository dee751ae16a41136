"""One call from outside, and what was seen of it on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.model.phone import Attempt, Phone
    from tests.model.told import Told
    from tests.model.verdict import Verdict


@dataclass(frozen=True)
class Heard:
    """
    The store's last answer that the worker got, as the model reads it.

    Attributes:
        what: ``record`` (a load, or a commit that found another record or came at a wrong time),
            ``written`` or ``ceiling``.
        now: the store's time that came along.
        phone: what was stored then.
        refusal: with ``ceiling``, which one it had to be.
    """

    what: str
    now: int
    phone: Phone
    refusal: Verdict | None = None


@dataclass(eq=False, repr=False)
class Request:
    """
    One call: a send, a check, a receipt, or a STOP or START.

    Attributes:
        kind: ``send``, ``check``, ``receipt`` or ``opt_out``.
        secrets: the names of the code secrets of the host that serves it, the issuing one first.
        typed: the digits of a check.
        state, reason, message_id: what a receipt says; ``message_id`` also names a STOP.
        about: the request of the send that a receipt is about.
        opt_out: True for STOP, False for START.
    """

    number: int
    kind: str
    host: str
    phone: str
    country: str = "US"
    purpose: str = "verify"
    key: str | None = None
    client: str | None = None
    amount: int = 0
    secrets: tuple[str, ...] = ("first",)
    typed: str = ""
    state: str = ""
    reason: str | None = None
    message_id: str | None = None
    about: int = -1
    opt_out: bool = False

    # What was seen of it.
    heard: Heard | None = None
    decided: bool = False
    """A send: it knows that it was admitted, so what follows is the call and the settlement."""
    writes: list[str] = field(default_factory=list)
    """What each of its executed commits did."""
    calls: int = 0
    """How many times the provider was called for it."""
    begun_at: float = 0.0
    """The worker's monotonic time when it was called."""
    asked_at: float = 0.0
    """The worker's monotonic time when it last asked for what it was then granted."""
    heard_at: float = 0.0
    """The worker's monotonic time when it heard what it decided on."""
    answer: tuple[str, str | None] | None = None
    """What the provider was heard to say: accepted, rejected or uncertain; an id or a reason."""
    troubled: bool = False
    """A fault touched it: the store failed or was silent."""
    repeated: bool = False
    """A reply got lost and the command was given again."""
    cancelled: bool = False
    """Its caller went away."""
    cancelled_at: float = 0.0
    went_first: bool = False
    """Its caller had gone away when it heard that it was admitted."""
    told: Told | None = None
    """What the caller was told."""

    def __repr__(self) -> str:
        who = f"{self.kind} {self.number} on {self.host} for {self.phone} {self.purpose}"
        return f"<{who} key={self.key} {self.typed}{self.state} writes={self.writes}>"

    def own(self) -> Attempt | None:
        """Return its own attempt, as the store showed it when it was asked again."""
        return None if self.heard is None else self.heard.phone.attempt_of(self.number)

    def waited(self) -> float:
        """Return how many seconds the worker waited for its admission."""
        return self.heard_at - self.begun_at
