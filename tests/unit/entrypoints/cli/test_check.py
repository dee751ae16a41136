from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from tests.unit.entrypoints.conftest import CommandLine

PHONE = "+15551234567"


@pytest.fixture
def code(simulation: CommandLine) -> str:
    """Give the code of a message that was sent."""
    text = json.loads(simulation("send", PHONE, "--json").out)["sms"]["text"]
    found = re.search(r"\d{6}", text)
    assert found is not None
    return found[0]


def other(code: str) -> str:
    """Give a code that is not this one."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_the_right_code_is_approved_once(simulation: CommandLine, code: str) -> None:
    """The first check ends with 0, the same one again with 1."""
    first, second = simulation("check", PHONE, code), simulation("check", PHONE, code)

    assert first.status == ExitStatus.DONE
    assert "Approved" in first.out
    assert second.status == ExitStatus.REFUSED
    assert second.err.startswith("NO_PENDING_VERIFICATION: ")
    assert second.out == ""


def test_a_wrong_code_is_refused_with_what_is_left(simulation: CommandLine, code: str) -> None:
    """A wrong answer ends with 1 and tells in one line how many are left."""
    ended = simulation("check", PHONE, other(code))

    assert ended.status == ExitStatus.REFUSED
    assert re.fullmatch(r"INCORRECT_CODE: .* 4 attempts left\.\n", ended.err)
    assert code not in ended.out + ended.err


def test_json_holds_the_result(simulation: CommandLine, code: str) -> None:
    """A program gets every field of the result, refused or not."""
    wrong = simulation("check", PHONE, other(code), "--json")
    right = simulation("check", PHONE, code, "--json")

    assert (wrong.status, right.status) == (ExitStatus.REFUSED, ExitStatus.DONE)
    assert json.loads(wrong.out)["attempts_left"] == 4
    assert json.loads(right.out) == {
        "success": True,
        **dict.fromkeys(
            ("error_code", "error", "public_error", "retry_after", "attempts_left", "rule")
        ),
    }
    assert wrong.err == right.err == ""


def test_an_idempotency_key_gives_the_approval_again(simulation: CommandLine, code: str) -> None:
    """A script that lost the answer asks again with its key and gets it."""
    options = ("--idempotency-key", "k")

    assert simulation("check", PHONE, code, *options).status == ExitStatus.DONE
    assert simulation("check", PHONE, code, *options).status == ExitStatus.DONE


def test_a_code_is_good_for_its_purpose_only(simulation: CommandLine, code: str) -> None:
    """The purpose reaches the verifier; one that is not declared is wrong usage."""
    ended = simulation("check", PHONE, code, "--purpose", "login", SMS_PURPOSES="verify,login")
    assert ended.status == ExitStatus.REFUSED
    assert "NO_PENDING_VERIFICATION" in ended.err

    ended = simulation("check", PHONE, code, "--purpose", "reset")
    assert ended.status == ExitStatus.USAGE
    assert "See: smsverify check --help" in ended.err


def test_a_client_is_counted(simulation: CommandLine, code: str) -> None:
    """The client's limit of wrong answers holds for the client that was named."""
    options = ("--client-id", "10.0.0.1")
    simulation("check", PHONE, other(code), *options, SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR="1")

    ended = simulation("check", PHONE, code, *options)

    assert ended.status == ExitStatus.REFUSED
    assert ended.err.startswith("TOO_MANY_ATTEMPTS: ")


def test_what_cannot_be_a_code_is_not_counted(simulation: CommandLine, code: str) -> None:
    """Letters are refused with 1, and cost no attempt."""
    assert simulation("check", PHONE, "abc").err.startswith("INVALID_CODE_FORMAT: ")
    assert "4 attempts left" in simulation("check", PHONE, other(code)).err
