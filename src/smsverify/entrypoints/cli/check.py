"""``smsverify check``: what a person typed, against what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from smsverify.entrypoints.cli import options
from smsverify.entrypoints.cli.exit_status import ExitStatus, status_of
from smsverify.entrypoints.cli.session import with_verifier
from smsverify.entrypoints.terminal.output import complain, console, refusal, told, write_json

if TYPE_CHECKING:
    from smsverify.facade.results import CheckResult
    from smsverify.verifier import SmsVerifier


@click.command("check")
@options.PHONE
@click.argument("code")
@options.PURPOSE
@options.CLIENT_ID
@options.IDEMPOTENCY_KEY
@options.JSON
def command(phone: str, code: str, *, as_json: bool, **optional: str | None) -> ExitStatus:
    """
    Check the code that a person typed.

    PHONE is the number that the code was sent to, CODE the digits. The right code is accepted once.
    """

    async def work(verifier: SmsVerifier) -> CheckResult:
        try:
            return await verifier.verify_code(phone, code, **optional)
        except (TypeError, ValueError) as error:
            raise click.UsageError(str(error)) from error

    result = with_verifier(work)
    if as_json:
        write_json(dict(result))
    elif result.success:
        console().print(told("Approved: the code was right, and is used up now."))
    else:
        complain(refusal(result))
    return status_of(result)
