"""The old guide's example with nothing changed but the import, in every mode, on every store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.installed import PLAIN

EXAMPLE = """\
import asyncio
from smsverify.sms_verifier import get_sms_verifier


async def send():
    verifier = get_sms_verifier()
    result = await verifier.send_verification_sms("+15551234567", "MyApp")
    if result['success']:
        print(f"sent: {result['message_id']}")
    else:
        print(f"failed: {result['error']}")
        if result.get('error_code') == 'SMS_DISABLED':
            print("SMS functionality is disabled")


asyncio.run(send())
asyncio.run(send())
"""


def run(tmp_path: Path, **variables: str) -> list[str]:
    """Run the example as a program of its own in an empty directory; return what it printed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SMS_", "TWILIO_", "REDIS_"))
    }
    script = tmp_path / "example.py"
    script.write_text(EXAMPLE)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env={**kept, **PLAIN, "XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Log lines may stand there; what was never closed, awaited or caught would too.
    assert not {"Traceback", "Warning", "ignored"} & set(done.stderr.replace(":", " ").split())
    assert done.returncode == 0
    return done.stdout.splitlines()


def is_message_id(line: str) -> bool:
    """Say whether a line tells a message's id as the old system's users know it."""
    message_id = line.removeprefix("sent: SM")
    return len(message_id) == 32 and set(message_id) <= set("0123456789abcdef")


def test_without_settings_it_says_what_to_set(tmp_path: Path) -> None:
    """Disabled: the failure names the variables, and the old way of asking for it works."""
    lines = run(tmp_path)

    assert lines[1::2] == ["SMS functionality is disabled"] * 2
    assert all("TWILIO_ACCOUNT_SID" in line for line in lines[::2])
    assert [path.name for path in tmp_path.iterdir()] == ["example.py"]


@pytest.mark.parametrize("store", ["", "memory", "sqlite"])
def test_in_simulation(tmp_path: Path, store: str) -> None:
    """Called through asyncio.run twice in one process, it sends twice."""
    lines = run(tmp_path, SMS_SIMULATION_MODE="true", SMS_STORE=store)

    assert len(set(lines)) == 2
    assert all(map(is_message_id, lines))


def test_with_redis(tmp_path: Path, redis_url: str) -> None:
    """The second loop gets connections of its own, and leaves no warning."""
    lines = run(tmp_path, SMS_SIMULATION_MODE="true", REDIS_URL=redis_url)

    assert len(set(lines)) == 2
    assert all(map(is_message_id, lines))


def test_across_processes(tmp_path: Path) -> None:
    """The embedded store is one for all runs: the sixth send is refused."""
    for _ in range(2):
        assert all(map(is_message_id, run(tmp_path, SMS_SIMULATION_MODE="true")))

    fifth, sixth = run(tmp_path, SMS_SIMULATION_MODE="true")

    assert is_message_id(fifth)
    assert "sends_per_hour" in sixth


def test_with_redis_away(tmp_path: Path) -> None:
    """The old sentence, and no traceback."""
    lines = run(tmp_path, SMS_SIMULATION_MODE="true", REDIS_URL="redis://127.0.0.1:1")

    assert len(lines) == 2
    assert all(line.startswith("failed: Redis connection failed") for line in lines)
