"""The scenarios without ``--simulation``: the configured services, sending nothing that costs."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import attrs

from smsverify import ErrorCode
from smsverify.domain.mode import Mode
from smsverify.entrypoints.selftest.playground import APP_NAME
from smsverify.entrypoints.selftest.scenario import NotAsExpected, Scenario, Skipped, expect
from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.live.probe import run_probes
from smsverify.entrypoints.validator.live.progress import NoProgress
from smsverify.entrypoints.validator.live.table import probes_for
from smsverify.entrypoints.validator.offline.table import judge
from smsverify.facade.wording import SENTENCES
from smsverify.testing.gateway import last_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smsverify.container import Container
    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.live.probe import Probe
    from smsverify.entrypoints.validator.situation import Situation
    from smsverify.verifier import SmsVerifier

MODES: Final = {
    Mode.LIVE: "live: messages would be sent through Twilio",
    Mode.SIMULATION: "simulation: messages land in memory",
}
_NAMES: Final = 10**7


@attrs.frozen
class Deployment:
    """
    What is set up here.

    Attributes:
        situation: the settings, judged.
        container: everything that they build.
        verifier: what the program would use.
    """

    situation: Situation
    container: Container
    verifier: SmsVerifier

    @property
    def mode(self) -> Mode:
        """What the settings ask for."""
        return self.situation.settings.mode


async def settings_make_sense(here: Deployment) -> str:
    """The settings have no problem that can be seen without asking anybody."""
    _refuse_problems(judge(here.situation))
    if here.mode is Mode.DISABLED:
        raise Skipped(SENTENCES[ErrorCode.SMS_DISABLED])
    return MODES[here.mode]


async def statistics(here: Deployment) -> str:
    """The figures can be read from the store."""
    figures = await here.verifier.statistics()
    store = figures["store"]
    if not isinstance(store, dict) or not store["healthy"]:
        error = store["error"] if isinstance(store, dict) else "no word of the store"
        raise NotAsExpected(str(error))
    return f"today's figures come from {store['name']}"


async def bad_number(here: Deployment) -> str:
    """What is no number is refused, and nobody is asked."""
    result = await here.verifier.send_verification_sms("+1555", APP_NAME)
    wanted = ErrorCode.INVALID_PHONE_FORMAT
    if here.mode is Mode.DISABLED:
        wanted = ErrorCode.SMS_DISABLED
    expect("what is no number", result.error_code, wanted)
    return "refused with a result"


async def check_without_code(here: Deployment) -> str:
    """A code for a phone that none was sent to is refused by what the store says."""
    if here.mode is Mode.DISABLED:
        raise Skipped("sending is disabled")
    result = await here.verifier.verify_code(_new_phone(), "0" * _digits(here))
    if result.error_code is not ErrorCode.NO_PENDING_VERIFICATION:
        raise NotAsExpected(f"{result.error_code}: {result.error}")
    return "refused: none was sent"


async def round_trip(here: Deployment) -> str:
    """In simulation a code is sent and approved on the store that is set up."""
    if here.mode is Mode.LIVE:
        raise Skipped("costs money: see SMS_TEST_REAL_SENDING and SMS_TEST_PHONE_NUMBER")
    phone = _new_phone()
    sent = await here.verifier.send_verification_sms(phone, APP_NAME)
    if here.mode is Mode.DISABLED:
        expect("a send", sent.error_code, ErrorCode.SMS_DISABLED)
        return "refused, as sending is disabled"
    if sent.error_code in {ErrorCode.COUNTRY_NOT_ALLOWED, ErrorCode.DAILY_COST_LIMIT_EXCEEDED}:
        raise Skipped(f"{sent.error_code} for a number in the USA")
    if not sent.success:
        raise NotAsExpected(f"{sent.error_code}: {sent.error}")
    result = await here.verifier.verify_code(phone, last_code(here.verifier, phone))
    if not result.success:
        raise NotAsExpected(f"{result.error_code}: {result.error}")
    return "sent in simulation, and approved"


def scenarios_for(situation: Situation) -> Iterator[Scenario[Deployment]]:
    """Give what is to be tried here, one scenario for each service."""
    yield Scenario("Settings", settings_make_sense)
    for probe in probes_for(situation):
        yield Scenario(_name(probe), _asking(probe))
    yield Scenario("Statistics", statistics)
    yield Scenario("Bad number", bad_number)
    yield Scenario("Unsent code", check_without_code)
    if not sends_for_real(situation):
        yield Scenario("Send and check", round_trip)


def sends_for_real(situation: Situation) -> bool:
    """Say whether the settings ask for a real message, and can send one."""
    settings = situation.settings
    asked = settings.test_real_sending and settings.test_phone_number is not None
    return asked and settings.mode is Mode.LIVE


class _asking:  # noqa: N801 - stands for a function
    """Asks one service, as the validator does."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    async def __call__(self, here: Deployment) -> str:  # noqa: ARG002 - a scenario's signature
        findings = await run_probes([self._probe], NoProgress())
        _refuse_problems(findings)
        return next((one.sentence for one in findings), "answers")


def _refuse_problems(findings: Iterable[Finding]) -> None:
    for one in findings:
        if one.severity is Severity.PROBLEM:
            raise NotAsExpected(f"{one.sentence} Mend it with: {one.remedy}")


def _name(probe: Probe) -> str:
    return probe.name.removeprefix("the ").capitalize().replace("twilio", "Twilio")


def _digits(here: Deployment) -> int:
    return here.situation.settings.code_length


def _new_phone() -> str:
    """Return a number of the range 555, where nobody is reached, unlike those of other runs."""
    return f"+1555{secrets.randbelow(_NAMES):07}"
