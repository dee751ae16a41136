"""``smsverify send``: one code to one phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from smsverify.domain.mode import Mode
from smsverify.entrypoints.cli import options
from smsverify.entrypoints.cli.exit_status import ExitStatus, status_of
from smsverify.entrypoints.cli.session import with_verifier
from smsverify.entrypoints.terminal.output import (
    complain,
    console,
    count,
    duration,
    money,
    refusal,
    told,
    write_json,
)
from smsverify.entrypoints.terminal.phone_picture import show_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.facade.results import SendResult
    from smsverify.ports.gateway import OutgoingSms
    from smsverify.verifier import SmsVerifier


@click.command("send")
@options.PHONE
@click.option(
    "--app",
    "app_name",
    metavar="NAME",
    default="smsverify",
    show_default=True,
    help="Who asks, at most 30 characters; stands in the message.",
)
@options.PURPOSE
@click.option("--locale", metavar="L", help="The message's language, such as de or pt-BR.")
@options.CLIENT_ID
@options.IDEMPOTENCY_KEY
@options.JSON
def command(phone: str, app_name: str, *, as_json: bool, **optional: str | None) -> ExitStatus:
    """
    Send a code to a phone.

    PHONE is the number with + and its calling code, such as +15551234567. In simulation nothing is
    sent: the message is shown instead.
    """

    async def work(verifier: SmsVerifier) -> tuple[SendResult, list[OutgoingSms]]:
        try:
            result = await verifier.send_verification_sms(phone, app_name, **optional)
        except (TypeError, ValueError) as error:
            raise click.UsageError(str(error)) from error
        return result, _inbox(verifier)

    result, messages = with_verifier(work)
    if as_json:
        write_json({**result, **_sms(messages)})
    elif result.success:
        _show(result, messages)
    else:
        complain(refusal(result))
    return status_of(result)


def _inbox(verifier: SmsVerifier) -> list[OutgoingSms]:
    """Return what simulation sent; in other modes messages are none of our business."""
    if verifier.mode != Mode.SIMULATION:
        return []
    inbox: Any = verifier.gateway
    return list(inbox.messages)


def _sms(messages: Sequence[OutgoingSms]) -> dict[str, object]:
    if not messages:
        return {}
    return {"sms": {"from": messages[-1].sender.address, "text": messages[-1].text}}


def _show(result: SendResult, messages: Sequence[OutgoingSms]) -> None:
    out = console()
    sent = "The same code was sent again" if result.resent else "A code was sent"
    if messages:
        show_messages(out, messages)
        sent = f"{sent}, in simulation: nothing left this machine"
    out.print(told(f"{sent}."))
    facts = [f"message {result.message_id}"]
    if result.cost is not None and result.segments is not None:
        facts.append(f"{money(result.cost)} for {count(result.segments, 'segment')}")
    out.print(f"  {', '.join(facts)}")
    if result.expires_in is not None:
        out.print(f"  Check it within {duration(result.expires_in)}: smsverify check PHONE CODE")
