"""Secrets: missing ones, those copied from a guide, and one used for two things."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.remedies import line_for
from smsverify.settings import variables
from smsverify.settings.examples import looks_like_example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation
    from smsverify.settings import Settings, Variable

NOT_SECRET_ENOUGH: Final = ("REDIS_URL",)
"""Its example, a server on this machine, is right for many."""
OWN: Final = ("SMS_CODE_SECRET", "SMS_KEY_SECRET", "SMS_WEBHOOK_SECRET")


def judge_examples(situation: Situation) -> Iterator[Finding]:
    """Tell of credentials and secrets that a guide or the template prints."""
    for variable in variables():
        if not variable.hidden or variable.name in NOT_SECRET_ENOUGH:
            continue
        if variable.name in situation.broken:
            continue
        values = _values(situation.settings, variable)
        copied = variable.example and ",".join(values) == variable.example
        if copied or any(looks_like_example(value) for value in values):
            yield problem(
                Topic.SECRETS,
                f"{variable.name} is an example that a guide prints, and not yours.",
                line_for(variable.name),
                variable.name,
            )


def judge_own_secrets(situation: Situation) -> Iterator[Finding]:
    """Tell of secrets that everybody can work out, or that are one and the same."""
    settings = situation.settings
    if settings.key_secret is None and situation.mode is Mode.LIVE:
        yield warning(
            Topic.SECRETS,
            "SMS_KEY_SECRET is not set, so it is derived from the account SID, which is no secret:"
            " whoever has the store and the SID can test phone numbers against it. Set it before"
            " the first code is sent: changing it later forgets every limit and opt-out.",
            line_for("SMS_KEY_SECRET"),
            "SMS_KEY_SECRET",
        )
    values = {
        name: set(_values(settings, variable))
        for variable in variables()
        if (name := variable.name) in OWN
    }
    for first, second in itertools.combinations(OWN, 2):
        if values[first] & values[second]:
            yield warning(
                Topic.SECRETS,
                f"{first} and {second} are the same; each must be a secret of its own.",
                line_for(second),
                second,
            )
    if settings.key_secret and settings.code_secret and situation.mode is Mode.LIVE:
        yield fine(Topic.SECRETS, "Codes and keys have secrets of their own.")


def _values(settings: Settings, variable: Variable) -> tuple[str, ...]:
    value = getattr(settings, variable.attribute)
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
