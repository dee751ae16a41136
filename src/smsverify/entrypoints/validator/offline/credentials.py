"""How the program signs in at Twilio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.remedies import line_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation
    from smsverify.settings import Settings


def judge_credentials(situation: Situation) -> Iterator[Finding]:
    """Tell whether the account and a way to sign in are there, both of them."""
    settings = situation.settings
    missing = settings.missing_credential
    if missing is not None:
        yield problem(
            Topic.ACCOUNT,
            "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set, both of them:"
            f" {missing} is not.",
            line_for(missing),
            missing,
        )
    elif settings.twilio_account_sid is None:
        yield problem(
            Topic.ACCOUNT,
            "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set to send; neither is.",
            line_for("TWILIO_ACCOUNT_SID"),
            "TWILIO_ACCOUNT_SID",
        )
    elif not _half_a_key(settings):
        way = "an API key" if settings.twilio_api_key_sid else "its token"
        yield fine(Topic.ACCOUNT, f"The account and {way} are set.")


def judge_api_key(situation: Situation) -> Iterator[Finding]:
    """Tell of half an API key that is left unused beside a token."""
    settings = situation.settings
    if settings.missing_credential is not None or not _half_a_key(settings):
        return
    names = ["TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET"]
    if not settings.twilio_api_key_sid:
        names.reverse()
    present, missing = names
    yield problem(
        Topic.ACCOUNT,
        f"{present} has no effect without {missing}: an API key is both of them.",
        line_for(missing),
        missing,
    )


def judge_previous_token(situation: Situation) -> Iterator[Finding]:
    """Tell of a former token that is the present one."""
    settings = situation.settings
    previous = settings.twilio_auth_token_previous
    if previous is not None and previous == settings.twilio_auth_token:
        yield warning(
            Topic.ACCOUNT,
            "TWILIO_AUTH_TOKEN_PREVIOUS is the same as TWILIO_AUTH_TOKEN, so it has no effect.",
            line_for("TWILIO_AUTH_TOKEN_PREVIOUS"),
            "TWILIO_AUTH_TOKEN_PREVIOUS",
        )


def judge_simulation(situation: Situation) -> Iterator[Finding]:
    """Tell of credentials that simulation leaves unused, or that it would in live mode."""
    has_account = situation.settings.twilio_account_sid is not None
    judged_live = situation.mode is Mode.LIVE
    if situation.simulated and has_account and (judged_live or not situation.asked):
        yield warning(
            Topic.SETTINGS,
            "SMS_SIMULATION_MODE=true wins over the credentials: nothing is sent.",
            "SMS_SIMULATION_MODE=false",
            "SMS_SIMULATION_MODE",
        )


def _half_a_key(settings: Settings) -> bool:
    return bool(settings.twilio_api_key_sid) != bool(settings.twilio_api_key_secret)


def judge_disabled(situation: Situation) -> Iterator[Finding]:
    """Tell what it takes to send, where nobody asked for sending to be off."""
    if not situation.asked:
        yield warning(
            Topic.ACCOUNT,
            "Sending is off: there are no credentials, and simulation is not asked for.",
            "SMS_SIMULATION_MODE=true  (to try everything without an account)",
            "TWILIO_ACCOUNT_SID",
        )
