"""The simulated scenarios: they hold, and each notices what breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smsverify import create_verifier
from smsverify.entrypoints.selftest.playground import playground
from smsverify.entrypoints.selftest.scenario import play
from smsverify.entrypoints.selftest.simulated import SCENARIOS
from tests.unit.entrypoints.selftest import misbehaving as bad

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.entrypoints.selftest.scenario import Outcome

BREAKS: list[tuple[str, Callable[..., Any]]] = [
    ("Normal flow", bad.behind(bad.ApprovesAgain)),
    ("Normal flow", bad.behind(bad.Raises)),
    ("Wrong code", bad.behind(bad.ApprovesAnything)),
    ("Wrong code", bad.behind(bad.CountsNothing)),
    ("Guessing", bad.with_settings(wrong_answer_limit=6)),
    ("Resend", bad.behind(bad.NewCodeEachTime)),
    ("Expiry", bad.with_stopped_clock),
    ("Expiry", bad.with_settings(code_lifetime_seconds=599)),
    ("Limits", bad.with_settings(rate_limit_per_hour=6)),
    ("Limits", bad.with_settings(rate_limit_per_hour=4)),
    ("Budget", bad.with_settings(daily_cost_limit=50)),
    ("Opt-out", bad.with_eager_provider),
    ("Magic numbers", bad.with_eager_provider),
    ("Parallel answers", bad.behind(bad.ApprovesAgain)),
    ("Parallel answers", bad.with_settings(rate_limit_per_hour=6)),
    ("Idempotency key", bad.behind(bad.DropsKeys)),
    ("Bad numbers", bad.behind(bad.TakesAnyNumber)),
    ("Statistics", bad.behind(bad.CountsTwice)),
    ("Another process", bad.with_own_memory),
    ("Masking in logs", bad.behind(bad.LogsCodes)),
    ("Masking in logs", bad.behind(bad.LogsNumbers)),
]


async def played(name: str, build: Callable[..., Any]) -> Outcome:
    """Play the scenario of this name on verifiers built so."""
    (scenario,) = (one for one in SCENARIOS if one.name == name)
    return await play(scenario, playground(build))


@pytest.mark.parametrize("name", [one.name for one in SCENARIOS])
async def test_each_scenario_holds(name: str) -> None:
    """With the library as it is, every scenario passes and says what it saw."""
    outcome = await played(name, create_verifier)

    assert (outcome.passed, bool(outcome.said)) == (True, True), outcome.said


@pytest.mark.parametrize(
    ("name", "build"), BREAKS, ids=[f"{name} {number}" for number, (name, _) in enumerate(BREAKS)]
)
async def test_each_scenario_notices_what_breaks_it(name: str, build: Callable[..., Any]) -> None:
    """A verifier that misbehaves fails the scenario that is about it."""
    outcome = await played(name, build)

    assert outcome.passed is False


def test_every_scenario_is_broken_once() -> None:
    """No scenario stands there that can't fail."""
    assert {name for name, _ in BREAKS} == {one.name for one in SCENARIOS}


async def test_an_exception_is_a_failure_without_its_text() -> None:
    """What a scenario raises fails it; its text may quote a code and is not shown."""
    outcome = await played("Normal flow", bad.behind(bad.Raises))

    assert outcome.said == "RuntimeError was raised; see SMS_LOG_LEVEL=DEBUG"
