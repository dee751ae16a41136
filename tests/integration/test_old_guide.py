"""Each command of the old system's guide, run as its readers run it: nothing else is set up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from smsverify.errors import ErrorCode
from tests.integration.installed import PLAIN
from tests.integration.twilio_server.fixtures import local_twilio
from tests.unit.entrypoints.validator.sound import ACCOUNT, TOKEN, changed, some_hex

if TYPE_CHECKING:
    from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio"]

TEMPLATE = Path(__file__).parents[2] / ".env.sms.template"
PATIENCE_SECONDS = 60

ENABLED = (
    "from smsverify.sms_verifier import get_sms_verifier; "
    "print('SMS Verifier:', 'ENABLED' if get_sms_verifier().pool_available else 'DISABLED')"
)
STATISTICS = (
    "import json; from smsverify.sms_verifier import get_sms_verifier; "
    "print(json.dumps(get_sms_verifier().get_statistics(), indent=2))"
)
POOL = (
    "import json; from smsverify.twilio_pool import get_pool_status; "
    "print(json.dumps(get_pool_status(), indent=2))"
)
SEND = (
    "import asyncio; from smsverify.sms_verifier import get_sms_verifier; "
    "result = asyncio.run(get_sms_verifier().send_verification_sms('+15551234567', 'MyApp')); "
    "print(result['success'], result.get('error_code'), result['error'])"
)


@attrs.frozen
class Shell:
    """
    Somebody's terminal in an empty folder.

    Attributes:
        folder: the home directory, where commands run.
    """

    folder: Path

    def python(self, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `python` with these arguments and variables."""
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run(
            [sys.executable, *args],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env=PLAIN | environ | {"PYTHONIOENCODING": "utf-8"} | variables,
            timeout=PATIENCE_SECONDS,
            check=False,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Give a terminal where nothing is set."""
    return Shell(tmp_path)


@pytest.fixture
def live(local_twilio: LocalTwilio, redis_url: str) -> dict[str, str]:
    """Give the settings of a service in production, with a local Twilio and a real Redis."""
    account = local_twilio.account
    account.sid, account.token, account.balance = ACCOUNT, TOKEN, "99.00"
    account.numbers = {"+17205550142": True}
    return changed(
        {
            "TWILIO_API_BASE_URL": local_twilio.base_url,
            "REDIS_URL": redis_url,
            "SMS_PUBLIC_BASE_URL": None,
            "SMS_WEBHOOK_SECRET": None,
        }
    )


# ── quick test ────────────────────────────────────────────────────────────────────────────────────


def test_quick_test(shell: Shell) -> None:
    """`python -m smsverify.test_sms_verifier --simulation` needs nothing and passes."""
    done = shell.python("-m", "smsverify.test_sms_verifier", "--simulation")

    assert done.returncode == 0, done.stdout
    assert "✅ Normal flow" in done.stdout
    assert "0 failed" in done.stdout


def test_quick_test_with_the_log(shell: Shell) -> None:
    """With SMS_LOG_LEVEL=DEBUG it shows what happens."""
    done = shell.python("-m", "smsverify.test_sms_verifier", "--simulation", SMS_LOG_LEVEL="DEBUG")

    assert done.returncode == 0
    assert "📤 SMS sent successfully: SM" in done.stderr


# ── comprehensive testing ─────────────────────────────────────────────────────────────────────────


def test_comprehensive_testing_in_simulation(shell: Shell) -> None:
    """`python -m smsverify.test_sms_verifier` tries the store that is set up."""
    done = shell.python("-m", "smsverify.test_sms_verifier", SMS_SIMULATION_MODE="true")

    assert done.returncode == 0, done.stdout
    assert "sent in simulation, and approved" in done.stdout


def test_comprehensive_testing_live(shell: Shell, live: dict[str, str]) -> None:
    """In live mode Twilio and Redis are asked, and nothing is sent."""
    done = shell.python("-m", "smsverify.test_sms_verifier", **live)

    assert done.returncode == 0, done.stdout
    assert "✅ Twilio account" in done.stdout
    assert "✅ Store (redis)" in done.stdout


def test_comprehensive_testing_with_a_real_message(
    shell: Shell, live: dict[str, str], local_twilio: LocalTwilio
) -> None:
    """With SMS_TEST_REAL_SENDING and a number one message goes out."""
    real = {"SMS_TEST_REAL_SENDING": "true", "SMS_TEST_PHONE_NUMBER": "+17205550123"}
    done = shell.python("-m", "smsverify.test_sms_verifier", **live, **real)

    assert done.returncode == 0, done.stdout
    assert "✅ Real SMS" in done.stdout
    assert len(local_twilio.sends) == 1
    assert "7205550123" not in done.stdout + done.stderr


# ── health ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({}, "DISABLED"),
        ({"SMS_SIMULATION_MODE": "true"}, "ENABLED"),
        ({"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}, "ENABLED"),
        ({"TWILIO_ACCOUNT_SID": ACCOUNT}, "DISABLED"),
    ],
)
def test_health(shell: Shell, variables: dict[str, str], word: str) -> None:
    """The one-liner says whether messages can be sent."""
    done = shell.python("-c", ENABLED, **variables)

    assert (done.returncode, done.stdout) == (0, f"SMS Verifier: {word}\n"), done.stderr


@pytest.mark.parametrize("variables", [{}, {"SMS_SIMULATION_MODE": "true"}])
def test_statistics(shell: Shell, variables: dict[str, str]) -> None:
    """The one-liner prints today's figures as JSON."""
    done = shell.python("-c", STATISTICS, **variables)

    told = json.loads(done.stdout)
    assert told["enabled"] is bool(variables)
    assert {"sends", "checks", "cost", "store"} <= set(told)


def test_statistics_live(shell: Shell, live: dict[str, str]) -> None:
    """The same with Redis."""
    done = shell.python("-c", STATISTICS, **live)

    told = json.loads(done.stdout)
    assert (told["mode"], told["store"]["name"], told["store"]["healthy"]) == (
        "live",
        "redis",
        True,
    )


# ── pool status ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("variables", [{}, {"SMS_SIMULATION_MODE": "true"}])
def test_pool_status(shell: Shell, variables: dict[str, str]) -> None:
    """The one-liner prints the senders as JSON."""
    done = shell.python("-c", POOL, **variables)

    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)


def test_pool_status_live(shell: Shell, live: dict[str, str]) -> None:
    """In live mode it holds the senders, masked."""
    done = shell.python("-c", POOL, **live)

    assert done.returncode == 0, done.stderr
    (sender,) = json.loads(done.stdout)["senders"]
    assert sender["number"].endswith("***0142")
    assert "+17205550142" not in done.stdout


# ── validation ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("variables", "status", "line"),
    [
        ({}, 1, "STATUS: SMS DISABLED"),
        ({"SMS_SIMULATION_MODE": "true"}, 0, "STATUS: READY FOR SIMULATION"),
        ({"TWILIO_ACCOUNT_SID": ACCOUNT}, 1, "STATUS: NOT READY"),
    ],
)
def test_validation(shell: Shell, variables: dict[str, str], status: int, line: str) -> None:
    """`python -m smsverify.sms_config_validator` prints its banner and what it found."""
    done = shell.python("-m", "smsverify.sms_config_validator", "--offline", **variables)

    lines = done.stdout.splitlines()
    assert lines[:3] == ["=" * 80, "SMS CONFIGURATION VALIDATION REPORT", "=" * 80]
    assert line in lines[4]
    assert done.returncode == status


def test_validation_live(shell: Shell, live: dict[str, str]) -> None:
    """A service in production is ready; what could be better is said."""
    done = shell.python("-m", "smsverify.sms_config_validator", **live)

    assert done.returncode == 0, done.stdout
    assert "🎉 STATUS: READY FOR PRODUCTION" in done.stdout
    assert "✅ All critical components are properly configured" in done.stdout


# ── pre-deployment ────────────────────────────────────────────────────────────────────────────────


def test_pre_deployment(shell: Shell, live: dict[str, str]) -> None:
    """The template copied and filled in, validated, tested, and asked whether it is enabled."""
    shutil.copy(TEMPLATE, shell.folder / ".env")
    dotenv = shell.folder / ".env"
    dotenv.chmod(0o600)
    with dotenv.open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in live.items())

    validated = shell.python("-m", "smsverify.sms_config_validator")
    tested = shell.python("-m", "smsverify.test_sms_verifier")
    enabled = shell.python("-c", ENABLED)

    assert validated.returncode == 0, validated.stdout
    assert tested.returncode == 0, tested.stdout
    assert enabled.stdout == "SMS Verifier: ENABLED\n"


def test_the_template_alone_starts(shell: Shell) -> None:
    """`cp .env.sms.template .env` gives a system that starts, with sending disabled."""
    shutil.copy(TEMPLATE, shell.folder / ".env")

    assert shell.python("-c", ENABLED).stdout == "SMS Verifier: DISABLED\n"
    assert shell.python("-m", "smsverify.sms_config_validator").returncode == 1


# ── its troubleshooting sentences ─────────────────────────────────────────────────────────────────


def test_missing_credentials(shell: Shell) -> None:
    """The old sentence on missing credentials stands in the result and in the report."""
    sentence = "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set"

    sent = shell.python("-c", SEND)
    assert sent.stdout.startswith(f"False {ErrorCode.SMS_DISABLED}")
    assert sentence in sent.stdout
    assert sentence in shell.python("-m", "smsverify.sms_config_validator").stdout


def test_redis_away(shell: Shell, live: dict[str, str]) -> None:
    """The old sentence "Redis connection failed" stands in the result and in the report."""
    away = live | {"REDIS_URL": f"redis://:{some_hex('p')}@127.0.0.1:1/0"}

    sent = shell.python("-c", SEND.replace("+15551234567", "+17205550123"), **away)
    assert sent.stdout.startswith(f"False {ErrorCode.REDIS_UNAVAILABLE} Redis connection failed")
    validated = shell.python("-m", "smsverify.sms_config_validator", **away)
    assert "❌ Redis connection failed" in validated.stdout
    assert some_hex("p") not in validated.stdout + sent.stdout + sent.stderr


def test_sending_failed(shell: Shell, live: dict[str, str], local_twilio: LocalTwilio) -> None:
    """The old sentence "SMS sending failed" stands in the result when Twilio refuses."""
    local_twilio.account.token = "another"

    sent = shell.python("-c", SEND.replace("+15551234567", "+17205550123"), **live)

    assert sent.stdout.startswith(f"False {ErrorCode.TWILIO_API_ERROR} SMS sending failed")
