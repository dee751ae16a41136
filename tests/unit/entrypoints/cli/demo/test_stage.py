from __future__ import annotations

import attrs
import pytest

from smsverify.entrypoints.cli.demo.stage import (
    PHONE,
    NotAsTold,
    Stage,
    build_container,
    code_in,
    expect,
)
from smsverify.testing.clock import ManualClock


@pytest.fixture
def stage() -> Stage:
    """Give a fresh stage."""
    clock = ManualClock()
    return Stage(build_container(clock).verifier(), clock)


async def test_the_stage_is_a_deployment_of_its_own(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is simulation on a store in memory, whatever the environment says."""
    monkeypatch.setenv("SMS_RATE_LIMIT_PER_HOUR", "1")
    monkeypatch.setenv("SMS_STORE", "sqlite")

    figures = await stage.verifier.statistics()

    assert stage.verifier.mode == "simulation"
    assert figures["store"] == {"name": "memory", "healthy": True, "error": None}
    assert figures["day"] == "2050-01-01"


async def test_what_happens_is_remembered(stage: Stage) -> None:
    """Each send and check leaves its answer, each message is in the inbox."""
    await stage.send()
    await stage.check("abc")

    assert [result.success for result in stage.sends] == [True]
    assert [result.success for result in stage.checks] == [False]
    assert [message.to.e164 for message in stage.inbox] == [PHONE]


async def test_the_code_is_found_in_the_message(stage: Stage) -> None:
    """The one run of six digits is the code; none or two are a broken promise."""
    await stage.send()
    message = stage.inbox[0]

    assert (await stage.check(code_in(message))).success
    for text in ("no code", "123456 or 654321", "1234567"):
        with pytest.raises(NotAsTold):
            code_in(attrs.evolve(message, text=text))


def test_what_is_not_as_expected_is_told() -> None:
    """A broken expectation says what was found instead of what."""
    expect("attempts left", 4, 4)
    with pytest.raises(NotAsTold, match="attempts left: 3 instead of 4"):
        expect("attempts left", 3, 4)
