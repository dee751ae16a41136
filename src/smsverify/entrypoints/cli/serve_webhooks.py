"""``smsverify serve-webhooks``: receipts and opt-outs in a process of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from smsverify.domain.mode import Mode
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.session import with_verifier
from smsverify.entrypoints.terminal.output import complain, console, told
from smsverify.errors import ConfigurationError

if TYPE_CHECKING:
    from smsverify.verifier import SmsVerifier


@click.command("serve-webhooks")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 is any free one.",
)
def command(*, host: str, port: int) -> ExitStatus:
    """
    Take Twilio's delivery receipts, and people's STOP and START.

    Twilio calls SMS_PUBLIC_BASE_URL; let your proxy pass /webhooks/twilio/status and
    /webhooks/twilio/inbound below it on to here. TLS is the proxy's. Ends with Ctrl-C or SIGTERM.
    """
    try:
        from smsverify.entrypoints.web.server import listen, serve
    except ModuleNotFoundError as error:
        from smsverify.entrypoints.web.extra import missing_web

        complain(str(missing_web(error)))
        return ExitStatus.USAGE

    async def work(verifier: SmsVerifier) -> ExitStatus:
        if not verifier.takes_webhooks:
            raise ConfigurationError(_why_not(verifier))
        try:
            listening = listen(host, port)
        except OSError as error:
            complain(f"Port {port} of {host} can't be listened on: {error.strerror}.")
            return ExitStatus.NOT_AVAILABLE
        with listening:
            place = f"http://{_place(host)}:{listening.getsockname()[1]}"
            console().print(told(f"Webhooks are taken at {place}. Ctrl-C ends it."))
            await serve(verifier, listening)
        return ExitStatus.DONE

    return with_verifier(work, serves=True)


def _why_not(verifier: SmsVerifier) -> str:
    if verifier.mode != Mode.LIVE:
        return f"Twilio sends webhooks in live mode only, and the mode is {verifier.mode}."
    return (
        "SMS_PUBLIC_BASE_URL and TWILIO_AUTH_TOKEN must be set to take webhooks: their signatures "
        "are made with both."
    )


def _place(host: str) -> str:
    return f"[{host}]" if ":" in host else host
