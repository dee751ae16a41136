"""
The model of one deployment: it watches, predicts, and says which invariant is broken.

Written from the protocol of sending, the rules of codes, and docs/invariants.md; it shares nothing
with the rules that it judges. A driver tells it what an onlooker sees:

- ``view``, ``at_ceiling``, ``wrote``: the store executed a command of a request, at a known time;
- ``hear``: the worker got the answer to it, or never does;
- ``called``, ``provider_said``: what the provider was asked, and what it was heard to answer;
- ``answered``: what the caller was told;
- ``compare``: what the counters hold now.

So there is one possible state of a record at any time, and several possible answers only where a
fault touched the request: then "the store failed" is right beside the verdict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tests.model import numbers as n
from tests.model.ledger import Group, Ledger
from tests.model.numbers import Numbers, day_of, hour_of, to_day_end, to_hour_end
from tests.model.phone import FACTS, Approval, Attempt, Phone, Verification
from tests.model.request import Heard, Request
from tests.model.told import Broken, Told, check_told
from tests.model.verdict import (
    Verdict,
    age,
    blamed,
    is_higher,
    judge_check,
    judge_opt_out,
    judge_receipt,
    judge_send,
    lives,
    living,
    refused,
)

__all__ = ["Broken", "Heard", "Model", "Numbers", "Request", "Told"]


class Model:
    """One deployment, whatever the number of its hosts."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.phones: dict[str, Phone] = defaultdict(Phone)
        self.ledger = Ledger()
        self.history: list[str] = []

    # ── what the store did ────────────────────────────────────────────────────────────────────

    def view(self, request: Request) -> Phone:
        """Return what is stored for the request's phone at this moment."""
        return self.phones[request.phone].copy()

    def hear(self, request: Request, heard: Heard, at: float) -> None:
        """Take note that the worker got an answer; a send that is admitted asks no more."""
        if request.decided:
            return
        request.heard, request.heard_at = heard, at
        own = heard.phone.attempt_of(request.number)
        if request.kind == "send" and (heard.what == "written" or own is not None):
            request.decided, request.went_first = True, request.cancelled

    def at_ceiling(self, request: Request, decided_at: int) -> Verdict:
        """Return the refusal that a commit must have met, if the store says it passes a ceiling."""
        refusal = self._ceiling(request, decided_at)
        if refusal is None:
            raise Broken(f"A commit was refused below every ceiling: {request}")
        return refusal

    def wrote(self, request: Request, decided_at: int, now: int) -> None:
        """Take a command that the store executed, and work out what it must have done."""
        if abs(now - decided_at) > n.STALE:
            raise Broken(f"Written with a clock {now - decided_at} ms off: {request}")
        if request.told is not None and not request.told.unsure and not request.decided:
            raise Broken(f"I11, I12: written after {request.told}: {request}")
        phone = self.phones[request.phone]
        write = {
            "send": self._wrote_send,
            "check": self._wrote_check,
            "receipt": self._wrote_receipt,
            "opt_out": self._wrote_opt_out,
        }[request.kind]
        did = write(request, phone, decided_at)
        request.writes.append(did)
        self.history.append(did)

    def _wrote_send(self, request: Request, phone: Phone, at: int) -> str:
        own = phone.attempt_of(request.number)
        if own is not None:
            return self._settle(request, own, at)
        verdict = judge_send(phone, request, at, self.numbers)
        if verdict.what != "admit":
            raise Broken(f"I3, I7, I9: admitted, though {verdict}: {request}")
        ceiling = self._ceiling(request, at)
        if ceiling is not None:
            raise Broken(f"I1: admitted, though {ceiling}: {request}")
        carried = verdict.verification or Verification(at, request.secrets[0])
        attempt = Attempt(
            request=request.number,
            purpose=request.purpose,
            text=carried,
            carries=carried,
            at=at,
            amount=request.amount,
            country=request.country,
            key=request.key,
            repeats=verdict.repeats,
            avoided=blamed(phone, at),
        )
        phone.attempts.append(attempt)
        self.ledger.sends.append((request.phone, attempt))
        if request.client is not None:
            self.ledger.client_sends.append((request.client, at))
        return "admitted"

    def _settle(self, request: Request, attempt: Attempt, at: int) -> str:
        said, detail = request.answer or ("uncertain" if request.calls else "rejected", None)
        new = {"accepted": "sent", "rejected": "failed", "uncertain": "unknown"}[said]
        failing = new == "failed" and attempt.state in {"sending", "unknown"}
        if not failing and not is_higher(new, attempt.state):
            raise Broken(f"I7, I8: settled as {new} when it was {attempt.state}: {request}")
        attempt.state = new
        if new == "sent":
            attempt.message_id = detail
        if new == "failed":
            attempt.reason = detail or self._own_reason(request)
        if detail == "opted_out":
            self.phones[request.phone].opted_out = True
        fact = "accepted" if new == "sent" else new
        self.ledger.facts[fact, day_of(at)] += 1
        return new

    @staticmethod
    def _own_reason(request: Request) -> str:
        """Return why an attempt failed that the provider was never called for."""
        own = request.own()
        if own is not None and own.carries is None:
            return "overtaken"
        return "cancelled" if request.went_first else "lease_spent"

    def _wrote_check(self, request: Request, phone: Phone, at: int) -> str:
        verdict = judge_check(phone, request, at, self.numbers)
        if request.number in phone.answers or verdict.what not in {"wrong", "approve"}:
            raise Broken(f"I5, I6, I7: a check wrote, though {verdict}: {request}")
        ceiling = self._client_guesses(request, at)
        if ceiling is not None:
            raise Broken(f"I6: a check wrote, though {ceiling}: {request}")
        if verdict.what == "approve":
            return self._approve(request, phone, verdict, at)
        phone.wrong.setdefault(request.purpose, []).append(at)
        phone.answers[request.number] = verdict.left or 0
        era = self.ledger.successes[request.phone, request.purpose]
        self.ledger.wrong.append((request.phone, request.purpose, at, era))
        self.ledger.facts["wrong", day_of(at)] += 1
        if request.client is not None:
            self.ledger.client_wrong.append((request.client, at))
        return "wrong"

    def _approve(self, request: Request, phone: Phone, verdict: Verdict, at: int) -> str:
        """Use up every code of the phone and purpose, whichever was typed."""
        used = verdict.verification
        assert used is not None
        phone.approvals.append(
            Approval(request.number, request.purpose, used, request.typed, request.key)
        )
        for attempt in phone.attempts:
            if attempt.purpose == request.purpose:
                attempt.carries = None
        phone.wrong.pop(request.purpose, None)
        self.ledger.successes[request.phone, request.purpose] += 1
        self.ledger.facts[f"approved.{request.country}", day_of(at)] += 1
        return "approved"

    def _wrote_receipt(self, request: Request, phone: Phone, at: int) -> str:
        attempt = phone.attempt_of(request.about)
        if attempt is None or judge_receipt(phone, request, at).what != "write":
            raise Broken(f"I7: a receipt that raises nothing was written: {request}")
        if FACTS.index(attempt.state) < FACTS.index("sent"):
            self.ledger.facts["accepted", day_of(at)] += 1
        if request.state in {"delivered", "undelivered"}:
            self.ledger.facts[request.state, day_of(at)] += 1
        attempt.state = request.state
        attempt.reason = None if request.state == "delivered" else request.reason
        attempt.message_id = request.message_id
        return request.state

    def _wrote_opt_out(self, request: Request, phone: Phone, at: int) -> str:
        if judge_opt_out(phone, request).what != "write":
            raise Broken(f"I7: a message was taken twice: {request}")
        changes = phone.opted_out is not request.opt_out
        phone.opted_out = request.opt_out
        if request.message_id is not None:
            phone.seen = [*phone.seen, request.message_id][-n.HASHES_KEPT :]
        return "changed" if changes else "seen"

    # ── ceilings ──────────────────────────────────────────────────────────────────────────────

    def _ceiling(self, request: Request, at: int) -> Verdict | None:
        if request.kind == "check":
            return self._client_guesses(request, at)
        if request.kind != "send":
            return None
        rule = self._first_passed(request, at)
        if rule is None:
            return None
        if rule == "client_sends_per_hour":
            return refused("RATE_LIMIT_EXCEEDED", rules=[rule], wait=to_hour_end(at))
        return refused("DAILY_COST_LIMIT_EXCEEDED", rules=[rule], wait=to_day_end(at))

    def _first_passed(self, request: Request, at: int) -> str | None:
        day, client, ledger = day_of(at), request.client, self.ledger
        limit = self.numbers.client_sends
        if client is not None and ledger.asked_by(client, hour_of(at)) + 1 > limit:
            return "client_sends_per_hour"
        if ledger.spent(day) + request.amount > self.numbers.budget:
            return "daily_cost"
        own = self.numbers.budget_of(request.country)
        if own is not None and ledger.spent(day, request.country) + request.amount > own:
            return "country_daily_cost"
        return None

    def _client_guesses(self, request: Request, at: int) -> Verdict | None:
        """Say whether the client has no wrong answer left; then even a right one is refused."""
        client = request.client
        if client is None:
            return None
        if self.ledger.guessed_by(client, hour_of(at)) + 1 <= self.numbers.client_wrong:
            return None
        rule = "client_wrong_answers_per_hour"
        return refused("TOO_MANY_ATTEMPTS", rules=[rule], wait=to_hour_end(at), left=0)

    # ── what the provider saw, and what the caller was told ───────────────────────────────────

    def called(self, request: Request, digits: str, sender: str, valid_for: int, at: float) -> None:
        """Take note that the provider is asked to send a text; ``at`` is the worker's own time."""
        attempt = self.phones[request.phone].attempt_of(request.number)
        if attempt is None or not request.decided:
            raise Broken(f"I2: the provider is called without a charge: {request}")
        request.calls += 1
        if request.calls > 1:
            raise Broken(f"I4: the provider is called twice: {request}")
        if request.cancelled:
            raise Broken(f"I2: the provider is called for somebody who went away: {request}")
        if (at - request.asked_at) * n.SECOND > n.LEASE - n.CALL_NEEDS:
            raise Broken(f"I2: the provider is called too late after the decision: {request}")
        if sender not in self.numbers.senders - attempt.avoided:
            raise Broken(f"The provider is called from a sender that failed: {request}")
        attempt.sender = sender
        if attempt.text.digits is None:
            attempt.text.digits = digits
        if attempt.text.digits != digits:
            raise Broken(f"I13: a code changed while it lived: {request}")
        left = attempt.text.started + self.numbers.life - attempt.at
        if not 1 <= valid_for <= max(1, left / n.SECOND):
            raise Broken(f"The text may arrive {valid_for} s later, its code lives {left} ms.")

    @staticmethod
    def provider_said(request: Request, said: str, detail: str | None = None) -> None:
        """Take note of what the worker heard: accepted and an id, rejected and a reason, or not."""
        request.answer = (said, detail)

    def answered(self, request: Request, told: Told) -> None:
        """Take note of what the caller was told, and judge it."""
        request.told = told
        attempt = self.phones[request.phone].attempt_of(request.number)
        check_told(request, attempt, told, self.numbers)

    def done(self, request: Request, at: float) -> None:
        """
        Take note that a send's worker has ended: undisturbed, it has settled its attempt.

        Somebody who goes away waits two seconds for that; then the worker goes on alone.
        """
        attempt = self.phones[request.phone].attempt_of(request.number)
        raised = request.told is not None and request.told.how == "raised"
        alone = request.cancelled and (at - request.cancelled_at) * n.SECOND >= n.STORE_WAIT
        gone = (at - request.begun_at) * n.SECOND >= n.ATTEMPTS_KEPT
        if attempt is None or request.troubled or raised or alone or gone:
            return
        if attempt.state == "sending":
            raise Broken(f"I2: nobody settled this attempt: {request}")

    # ── what can be asked of it at any time ───────────────────────────────────────────────────

    def compare(self, stored: Mapping[Group, Mapping[str, int]]) -> None:
        """
        Hold what the counters say against what happened, and the limits against both.

        Groups that are not in ``stored`` are left aside: a store forgets them after some days.
        """
        expected = self.ledger.figures()
        apart = {}
        for group, found in stored.items():
            for name in {*found, *expected.get(group, {})}:
                pair = found.get(name, 0), expected.get(group, {}).get(name, 0)
                if pair[0] != pair[1]:
                    apart[group, name] = pair
        if apart:
            raise Broken(f"I1, I2, I7, I8: counters say (found, expected): {apart}")
        broken = self.ledger.over_the_limits(self.numbers)
        if broken:
            raise Broken("; ".join(broken))

    def texts(self, phone: str) -> list[tuple[str, str]]:
        """Return the codes that texts to a phone have shown, with their purpose, in their order."""
        attempts = self.phones[phone].attempts
        return [(one.purpose, one.text.digits) for one in attempts if one.text.digits is not None]

    def delivered(self, phone: str, purpose: str, now: int) -> list[Verification]:
        """Return the living codes that a text has shown: whoever types one gets in (I13)."""
        alive = living(self.phones[phone], purpose, now, self.numbers)
        return [code for code in alive if code.digits is not None]

    def may_go_back(self, now: int, span: int) -> bool:
        """
        Say whether the clock can go back so far without bringing back what was given up.

        What is past its keeping may be dropped at any write. If the clock then goes back, it may
        count again or not, and both are right; a driver that wants one answer does not go there.
        """
        life, then = self.numbers.life, now - span
        for phone in self.phones.values():
            times = [one.at for one in phone.attempts]
            times += [at for all_ in phone.wrong.values() for at in all_]
            if any(age(at, now) >= n.DAY > age(at, then) for at in times):
                return False
            codes = [(one.text, 2 * life) for one in phone.attempts]
            codes += [(one.verification, life) for one in phone.approvals]
            if any(
                age(one.started, now) >= kept and lives(one, then, self.numbers)
                for one, kept in codes
            ):
                return False
        return True
