"""``smsverify validate``, in this process and without asking anybody outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.entrypoints.validator.sound import SECRETS, SOUND, changed

if TYPE_CHECKING:
    from tests.unit.entrypoints.conftest import CommandLine

RULE = "=" * 80
LIVE = changed({"SMS_SQLITE_PATH": ""})


def test_ready_for_production(cli: CommandLine) -> None:
    """Sound live settings give the old banner, the old two lines, and exit status 0."""
    ended = cli("validate", "--offline", **LIVE)

    assert ended.status == 0
    assert ended.out.splitlines()[:7] == [
        RULE,
        "SMS CONFIGURATION VALIDATION REPORT",
        RULE,
        "",
        "🎉 STATUS: READY FOR PRODUCTION",
        "✅ All critical components are properly configured",
        "",
    ]
    assert ended.err == ""


def test_ready_for_simulation(simulation: CommandLine) -> None:
    """In simulation the store is tried, and the status says what it is ready for."""
    ended = simulation("validate")

    assert ended.status == 0
    assert "STATUS: READY FOR SIMULATION" in ended.out
    assert "✅ The store answers, reads and writes: sqlite." in ended.out


@pytest.mark.parametrize(("args", "status"), [((), 1), (("--mode", "disabled"), 0)])
def test_disabled_is_fine_only_for_who_asks_for_it(
    cli: CommandLine, args: tuple[str, ...], status: int
) -> None:
    """Nothing set means that nothing can be sent: an error, unless it is meant so."""
    ended = cli("validate", "--offline", *args)

    assert ended.status == status
    assert "STATUS: SMS DISABLED" in ended.out
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set" in ended.out


def test_not_ready(cli: CommandLine) -> None:
    """A problem is marked, told in a sentence, and followed by the line that mends it."""
    ended = cli("validate", "--offline", **LIVE, SMS_CODE_LENGTH="4")

    assert ended.status == 1
    assert "❌ STATUS: NOT READY" in ended.out
    assert "❌ SMS_CODE_LENGTH must be a whole number from 6 to 10.\n   → SMS_CODE_LENGTH=6" in (
        ended.out
    )


def test_judged_as_if(cli: CommandLine) -> None:
    """--mode judges for a mode that is not set."""
    assert "NOT READY" in cli("validate", "--offline", "--mode", "live").out
    assert "FOR SIMULATION" in cli("validate", "--offline", "--mode", "simulation").out


def test_disabled_does_not_excuse_what_keeps_a_program_from_starting(cli: CommandLine) -> None:
    """A setting that makes no sense stops the program in every mode."""
    ended = cli("validate", "--mode", "disabled", SMS_CODE_LENGTH="4")

    assert (ended.status, "NOT READY" in ended.out) == (1, True)


def test_json(cli: CommandLine) -> None:
    """A program reads status, findings and what each language's message takes."""
    ended = cli("validate", "--offline", "--json", **LIVE, SMS_TEST_REAL_SENDING="true")
    told = json.loads(ended.out)

    assert (told["status"], told["ready"], told["mode"]) == ("READY FOR PRODUCTION", True, "live")
    assert (told["problems"], told["warnings"], told["offline"]) == (0, 1, True)
    (found,) = (one for one in told["findings"] if one["severity"] != "fine")
    assert found["variable"] == "SMS_TEST_PHONE_NUMBER"
    assert told["messages"][0] == {
        "locale": "ar",
        "encoding": "UCS-2",
        "units": 63,
        "segments": 1,
        "dollars": {"CA": 0.014, "US": 0.014},
    }
    assert len(told["messages"]) >= 20


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("name", sorted(SOUND))
def test_no_secret_is_in_the_report(cli: CommandLine, form: tuple[str, ...], name: str) -> None:
    """Whatever is wrong, and wherever a secret ended up, no report repeats it."""
    misplaced = {**LIVE, name: SOUND["SMS_KEY_SECRET"][:40], "SMS_LOG_LEVEL": "DEBUG"}
    ended = cli("validate", "--offline", *form, **misplaced)

    for secret in (*SECRETS, SOUND["SMS_KEY_SECRET"][:40], SOUND["TWILIO_ACCOUNT_SID"]):
        assert secret not in ended.out + ended.err
    assert "7205550142" not in ended.out + ended.err


def test_a_secret_in_a_name_is_not_a_value(cli: CommandLine) -> None:
    """Only names are told of variables that are no settings, never what they hold."""
    ended = cli("validate", "--offline", SMS_KEY_SECRETT=SOUND["SMS_KEY_SECRET"])

    assert "did you mean SMS_KEY_SECRET?" in " ".join(ended.out.split())
    assert SOUND["SMS_KEY_SECRET"] not in ended.out


def test_lines_fit_80_columns_but_for_what_is_copied(cli: CommandLine) -> None:
    """Sentences are broken; the commands that mend something are not."""
    out = cli("validate", "--offline", **changed({"SMS_KEY_SECRET": None})).out

    assert all(len(line) <= 80 or "→" in line for line in out.splitlines())
