"""``smsverify phone``: what somebody on call does for one person."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from smsverify.container import Container
from smsverify.domain.care import check_reason
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.mode import Mode
from smsverify.domain.phone_problem import PhoneProblem
from smsverify.entrypoints.cli import options
from smsverify.entrypoints.cli.audit import show_audit
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.logs import set_up_logs
from smsverify.entrypoints.terminal.output import complain, console, count, told, write_json
from smsverify.entrypoints.terminal.phone_state import describe_state, show_state
from smsverify.facade.wording import SENTENCES
from smsverify.settings import find_dotenv, load_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smsverify.application.care import CareForPhone
    from smsverify.domain.care import Forgotten, Unlocked
    from smsverify.domain.decisions import Noted
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.phone_state import PhoneState

T = TypeVar("T")

NUMBER: Final = click.argument("number")
REASON: Final = click.option(
    "--reason", metavar="TEXT", help="Why, for the audit trail; asked for on a terminal."
)
PROVIDERS_LIST: Final = (
    "Twilio keeps a list of its own: until the person texts START to your number, it refuses the "
    "next message, and the phone is opted out again."
)


@click.group("phone", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> ExitStatus | None:
    """
    Look at one phone; unlock it, opt it in, or forget it.

    Each order asks for a reason and writes a line of audit trail to standard error. Numbers are
    shown masked, and no code is ever shown.
    """
    if ctx.invoked_subcommand is not None:
        return None
    click.echo(ctx.get_help())
    return ExitStatus.USAGE


@command.command("show", short_help="Show what is kept of a phone.")
@NUMBER
@REASON
@options.JSON
def show(number: str, *, reason: str | None, as_json: bool) -> ExitStatus:
    """Show what is kept of a phone: sends, wrong answers, waiting times, opt-out."""

    async def work(care: CareForPhone, phone: PhoneNumber, reason: str) -> PhoneState:
        return await care.show(phone, reason)

    phone, state = _carry_out(number, reason, work)
    if as_json:
        write_json({"order": "show", "phone": phone.masked, **describe_state(state)})
    else:
        show_state(console(), phone.masked, state)
    return ExitStatus.DONE


@command.command("unlock", short_help="End a phone's waiting times.")
@NUMBER
@REASON
@options.JSON
def unlock(number: str, *, reason: str | None, as_json: bool) -> ExitStatus:
    """
    End a phone's waiting times for wrong answers and for sends.

    A code that lives goes on living; one send of each such code stays counted.
    """

    async def work(care: CareForPhone, phone: PhoneNumber, reason: str) -> Unlocked:
        return await care.unlock(phone, reason)

    phone, done = _carry_out(number, reason, work)
    _tell(
        phone,
        "unlock",
        {
            "changed": bool(done.wrong_answers or done.sends),
            "wrong_answers": done.wrong_answers,
            "sends": done.sends,
            "sends_still_counted": done.sends_still_counted,
        },
        _unlocked(phone, done),
        as_json=as_json,
    )
    return ExitStatus.DONE


def _unlocked(phone: PhoneNumber, done: Unlocked) -> str:
    if done.wrong_answers or done.sends:
        sentence = (
            f"Unlocked {phone}: {count(done.wrong_answers, 'wrong answer')} taken back, "
            f"{count(done.sends, 'send')} counted no longer."
        )
    else:
        sentence = f"There was nothing to unlock for {phone}."
    if done.sends_still_counted:
        still = count(done.sends_still_counted, "send")
        sentence += f" Still counted: {still}, of a code that lives or on its way."
    return sentence


@command.command("opt-in", short_help="Take back a person's STOP.")
@NUMBER
@REASON
@options.JSON
def opt_in(number: str, *, reason: str | None, as_json: bool) -> ExitStatus:
    """
    Take back a person's STOP, because the person asked for it.

    Twilio keeps a list of its own, which only a START from that phone changes.
    """

    async def work(care: CareForPhone, phone: PhoneNumber, reason: str) -> Noted:
        return await care.opt_in(phone, reason)

    phone, done = _carry_out(number, reason, work)
    sentence = f"{phone} was not opted out."
    if done.changed:
        sentence = f"{phone} is opted in again. {PROVIDERS_LIST}"
    _tell(phone, "opt-in", {"changed": done.changed}, sentence, as_json=as_json)
    return ExitStatus.DONE


@command.command("forget", short_help="Remove what is kept of a phone.")
@NUMBER
@click.option("--with-opt-out", is_flag=True, help="Remove an opt-out and its messages too.")
@REASON
@options.JSON
def forget(number: str, *, with_opt_out: bool, reason: str | None, as_json: bool) -> ExitStatus:
    """
    Remove all that is kept of a phone, except an opt-out and its message hashes.

    Codes that live die, and all limits of the phone begin anew. The day's totals, which name no
    phone, stay.
    """

    async def work(care: CareForPhone, phone: PhoneNumber, reason: str) -> Forgotten:
        return await care.forget(phone, reason, with_opt_out=with_opt_out)

    phone, done = _carry_out(number, reason, work)
    _tell(
        phone,
        "forget",
        {
            "changed": done.changed,
            "sends": done.sends,
            "wrong_answers": done.wrong_answers,
            "approvals": done.approvals,
            "opt_out_removed": done.opt_out,
            "opt_out_stays": done.opt_out_stays,
            "message_hashes_removed": done.messages,
            "message_hashes_stay": done.messages_stay,
        },
        _forgotten(phone, done),
        as_json=as_json,
    )
    return ExitStatus.DONE


def _forgotten(phone: PhoneNumber, done: Forgotten) -> str:
    sentence = f"Nothing was kept of {phone} that could be removed."
    if done.changed:
        sentence = (
            f"Forgot {phone}: {count(done.sends, 'send')}, "
            f"{count(done.wrong_answers, 'wrong answer')}, {count(done.approvals, 'approval')}"
        )
        sentence += ", the opt-out" if done.opt_out else ""
        sentence += f", {_hashes(done.messages)}." if done.messages else "."
    if done.opt_out_stays or done.messages_stay:
        opt_out = "the opt-out and " if done.opt_out_stays else ""
        sentence += f" Kept: {opt_out}{_hashes(done.messages_stay)} (--with-opt-out removes it)."
    return sentence


def _hashes(number: int) -> str:
    return f"{number} message hash" if number == 1 else f"{number} message hashes"


def _tell(
    phone: PhoneNumber, order: str, facts: dict[str, object], sentence: str, *, as_json: bool
) -> None:
    if as_json:
        write_json({"order": order, "phone": phone.masked, **facts})
    else:
        console().print(told(sentence))


def _carry_out(
    number: str,
    reason: str | None,
    work: Callable[[CareForPhone, PhoneNumber, str], Awaitable[T]],
) -> tuple[PhoneNumber, T]:
    """Build what an order needs from the settings, and carry it out."""
    settings = load_settings(dotenv=find_dotenv())
    set_up_logs(settings)
    if settings.mode is Mode.DISABLED:
        complain(f"{ErrorCode.SMS_DISABLED}: {SENTENCES[ErrorCode.SMS_DISABLED]}")
        raise click.exceptions.Exit(ExitStatus.NOT_AVAILABLE)
    container: Any = Container(settings=settings)
    phone = container.recipients().read(number)
    if isinstance(phone, PhoneProblem):
        raise click.UsageError(phone.message)
    why = _reason(reason)
    show_audit(settings)

    async def session() -> T:
        async with container.verifier():
            return await work(container.care(), phone, why)

    return phone, asyncio.run(session())


def _reason(given: str | None) -> str:
    if given is None and not sys.stdin.isatty():
        raise click.UsageError("Say why: --reason TEXT.")
    try:
        return check_reason(click.prompt("Reason", err=True) if given is None else given)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
