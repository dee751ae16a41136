from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from tests.unit.entrypoints.conftest import CommandLine

PHONE = "+15551234567"


def test_in_simulation_the_message_is_shown(simulation: CommandLine) -> None:
    """Somebody without an account sees the SMS, what it would cost and how long its code lives."""
    ended = simulation("send", PHONE, "--app", "MyApp")

    assert ended.status == ExitStatus.DONE
    assert "SMS from +17205550100:" in ended.out
    assert re.search(r"^  MyApp: .*\b\d{6}\b", ended.out, re.MULTILINE)
    assert re.search(r"message SM[0-9a-f]{32}, \$0\.014 for 1 segment$", ended.out, re.MULTILINE)
    assert "Check it within 10 min: smsverify check PHONE CODE" in ended.out
    assert ended.err == ""


def test_the_whole_number_is_not_repeated(simulation: CommandLine) -> None:
    """What is written may end in a log of somebody's, so the number is not in it."""
    assert PHONE[1:] not in simulation("send", PHONE).out


def test_json_holds_the_result_and_in_simulation_the_message(simulation: CommandLine) -> None:
    """A program gets every field of the result, and the text where nothing was sent."""
    ended = simulation("send", PHONE, "--app", "MyApp", "--json")

    told = json.loads(ended.out)
    assert ended.status == ExitStatus.DONE
    assert told["success"] is True
    assert told["expires_in"] == 600
    assert told["error_code"] is None
    assert told["sms"]["from"] == "+17205550100"
    assert told["sms"]["text"].startswith("MyApp: ")


def test_a_second_one_carries_the_same_code(simulation: CommandLine) -> None:
    """A resend from another process finds the first one, and says so."""
    first = json.loads(simulation("send", PHONE, "--json").out)
    second = simulation("send", PHONE)

    assert first["sms"]["text"] in second.out
    assert "✓ The same code was sent again, in simulation" in second.out


def test_the_options_reach_the_verifier(simulation: CommandLine) -> None:
    """Language, purpose and idempotency key do what they say."""
    options = ("--purpose", "login", "--locale", "de", "--idempotency-key", "k", "--json")
    simulation("send", PHONE, "--json", SMS_PURPOSES="signup,login")
    first = json.loads(simulation("send", PHONE, *options).out)
    again = json.loads(simulation("send", PHONE, *options).out)

    assert first["resent"] is False  # another purpose has another code
    assert "Ihr Bestätigungscode" in first["sms"]["text"]
    assert again["message_id"] == first["message_id"]
    assert "sms" not in again


def test_a_client_is_counted(simulation: CommandLine) -> None:
    """The client's limit holds for the client that was named."""
    simulation("send", PHONE, "--client-id", "10.0.0.1", SMS_CLIENT_SEND_LIMIT_PER_HOUR="1")

    assert simulation("send", PHONE, "--client-id", "10.0.0.2").status == ExitStatus.DONE
    refused = simulation("send", PHONE, "--client-id", "10.0.0.1")
    assert refused.status == ExitStatus.REFUSED
    assert "client_sends_per_hour" in refused.err


def test_a_refusal_is_one_sentence_with_the_waiting_time(simulation: CommandLine) -> None:
    """A limit ends with 1, and standard error tells code, reason and waiting time in one line."""
    simulation("send", PHONE, SMS_RATE_LIMIT_PER_HOUR="1")
    ended = simulation("send", PHONE)

    assert ended.status == ExitStatus.REFUSED
    assert ended.out == ""
    assert re.fullmatch(r"RATE_LIMIT_EXCEEDED: .* Waiting time: (59 min \d+ s|1 h)\.\n", ended.err)


def test_a_refusal_in_json_is_on_standard_output(simulation: CommandLine) -> None:
    """A program reads why from the same place as a success."""
    ended = simulation("send", "12", "--json")

    assert ended.status == ExitStatus.REFUSED
    assert json.loads(ended.out)["error_code"] == "INVALID_PHONE_FORMAT"
    assert ended.err == ""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--app", "a{b"), "app name"),
        (("--app", ""), "app name"),
        (("--purpose", "other"), "SMS_PURPOSES"),
        (("--client-id", ""), "client_id"),
        (("--idempotency-key", "k" * 256), "idempotency_key"),
    ],
)
def test_a_bad_option_is_wrong_usage(
    simulation: CommandLine, options: tuple[str, ...], sentence: str
) -> None:
    """What the library calls a mistake of the program ends with 2 and one sentence."""
    ended = simulation("send", PHONE, *options)

    assert ended.status == ExitStatus.USAGE
    assert sentence in ended.err
    assert ended.err.endswith("See: smsverify send --help\n")
    assert ended.err.count("\n") == 1


def test_with_nothing_set_sending_is_not_available(cli: CommandLine) -> None:
    """Disabled ends with 3 and names the variables to set."""
    ended = cli("send", PHONE)

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert ended.err.startswith("SMS_DISABLED: ")
    assert "SMS_SIMULATION_MODE=true" in ended.err


def test_a_provider_that_refuses_is_not_available(simulation: CommandLine) -> None:
    """Trouble of the provider ends with 3 and brings its number."""
    ended = simulation("send", "+15005550002")

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert "21612" in ended.err
