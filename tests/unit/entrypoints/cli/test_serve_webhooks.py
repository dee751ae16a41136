from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from tests.unit.entrypoints.conftest import CommandLine

LIVE = {
    "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16,
    "TWILIO_AUTH_TOKEN": "0d" * 16,
    "SMS_STORE": "memory",
    "SMS_PUBLIC_BASE_URL": "https://sms.example.com",
}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "the mode is disabled"),
        ({"SMS_SIMULATION_MODE": "true"}, "the mode is simulation"),
        ({**LIVE, "SMS_PUBLIC_BASE_URL": ""}, "SMS_PUBLIC_BASE_URL"),
    ],
)
def test_nothing_to_serve(cli: CommandLine, variables: dict[str, str], words: str) -> None:
    """Where no webhook can be taken, it says why instead of listening in vain."""
    ended = cli("serve-webhooks", "--port", "0", **variables)

    assert ended.status == ExitStatus.USAGE
    assert words in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err


def test_a_port_that_is_taken(cli: CommandLine) -> None:
    """A port that somebody else listens on is named in one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        ended = cli("serve-webhooks", "--port", port, **LIVE)

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert f"Port {port} of 127.0.0.1 can't be listened on" in ended.err.splitlines()[-1]


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_no_port(cli: CommandLine, port: str) -> None:
    """What is no port is wrong usage."""
    assert cli("serve-webhooks", "--port", port, **LIVE).status == ExitStatus.USAGE
