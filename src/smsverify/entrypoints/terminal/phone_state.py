"""How one phone stands, for people and for programs; codes and whole numbers are not in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from smsverify.domain.cost import dollars
from smsverify.domain.periods import SECOND
from smsverify.entrypoints.terminal.output import count, duration, money, told
from smsverify.facade.pool_status import iso

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from smsverify.domain.phone_state import PhoneState, PurposeState
    from smsverify.domain.rate_limit import FullWindow
    from smsverify.domain.record import Attempt


def describe_state(state: PhoneState) -> dict[str, Any]:
    """Return a phone's state, ready for JSON: waiting times in seconds, times in UTC."""
    opted_out_at = state.opted_out_at
    return {
        "as_of": iso(state.now),
        "known": state.known,
        "opted_out_since": None if opted_out_at is None else iso(opted_out_at),
        "message_hashes": state.messages,
        "sends_left": state.sends_left,
        "sends_wait": _describe_wait(state.full),
        "sends": [_describe_send(one) for one in state.sends],
        "purposes": [_describe_purpose(one) for one in state.purposes],
        "approvals": state.approvals,
    }


def _describe_wait(full: FullWindow | None) -> dict[str, object] | None:
    if full is None:
        return None
    return {"rule": full.rule, "retry_after": _seconds(full)}


def _describe_send(attempt: Attempt) -> dict[str, object]:
    return {
        "at": iso(attempt.at),
        "purpose": attempt.purpose,
        "state": attempt.state.value,
        "reason": None if attempt.reason is None else attempt.reason.value,
        "provider_code": attempt.provider_code,
        "message_id": attempt.message_id,
        "cost": dollars(attempt.amount),
    }


def _describe_purpose(purpose: PurposeState) -> dict[str, object]:
    return {
        "purpose": purpose.purpose,
        "codes_live_until": [iso(one) for one in purpose.live_until],
        "wrong_answers": purpose.wrong_answers,
        "attempts_left": purpose.attempts_left,
        "answers_wait": _describe_wait(purpose.full),
    }


def show_state(out: Console, phone: str, state: PhoneState) -> None:
    """Write how a phone stands: what it may do now first, then its sends."""
    if not state.known:
        out.print(f"Nothing is kept of {phone}.")
        return
    out.print(f"{phone}, as of {_clock(iso(state.now))}")
    if state.opted_out_at is not None:
        out.print(told(f"Opted out since {_clock(iso(state.opted_out_at))}.", good=False))
    out.print(_sends_line(state))
    for purpose in state.purposes:
        out.print(_answers_line(purpose))
    if state.sends:
        out.print()
        out.print("Sends of the last 24 hours, in UTC:")
        for one in state.sends:
            out.print(_send_line(one), soft_wrap=True)


def _sends_line(state: PhoneState) -> Text:
    if state.full is None:
        return told(f"Sends: {state.sends_left} more fit now.")
    return told(f"Sends: {_wait(state.full)}", good=False)


def _answers_line(purpose: PurposeState) -> Text:
    lives = count(len(purpose.live_until), "code")
    verb = "lives" if len(purpose.live_until) == 1 else "live"
    until = f" until {_clock(iso(purpose.live_until[-1]))}" if purpose.live_until else ""
    start = f'Answers for "{purpose.purpose}": {lives} {verb}{until}, '
    if purpose.full is not None:
        return told(f"{start}{_wait(purpose.full)}", good=False)
    return told(f"{start}{count(purpose.attempts_left, 'wrong answer')} left.")


def _wait(full: FullWindow) -> str:
    return f"the limit {full.rule} is reached for {duration(_seconds(full))} more."


def _send_line(one: Attempt) -> str:
    """Return one send in one line: no table, since a message id alone fills half of one."""
    why = "" if one.reason is None else f"  {one.reason.value}"
    code = "" if one.provider_code is None else f" {one.provider_code}"
    return (
        f"{iso(one.at)[5:16].replace('T', ' ')}  {one.purpose:<8} {one.state.value:<11} "
        f"{money(dollars(one.amount)):>8}  {one.message_id or '-'}{why}{code}"
    )


def _clock(text: str) -> str:
    return f"{text[:19].replace('T', ' ')} UTC"


def _seconds(full: FullWindow) -> int:
    return math.ceil(full.retry_after / SECOND)
