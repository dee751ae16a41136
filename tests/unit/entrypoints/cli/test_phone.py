"""``smsverify phone``."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from tests.unit.entrypoints.conftest import CommandLine

PHONE = "+15551234567"
WHY = ("--reason", "ticket 7")


class Terminal(io.StringIO):
    """Standard input of somebody who types."""

    def isatty(self) -> bool:
        """Say that somebody sits there."""
        return True


@pytest.fixture
def locked(simulation: CommandLine) -> str:
    """Send a code, answer wrongly five times, and give the code."""
    text = json.loads(simulation("send", PHONE, "--json").out)["sms"]["text"]
    found = re.search(r"\d{6}", text)
    assert found is not None
    code = found[0]
    for _ in range(5):
        simulation("check", PHONE, f"{(int(code) + 1) % 1_000_000:06d}")
    return code


def test_show_tells_what_is_refused_and_how_long(simulation: CommandLine, locked: str) -> None:
    """The full window is named with its waiting time, and each send with its message."""
    ended = simulation("phone", "show", PHONE, *WHY)

    assert ended.status == ExitStatus.DONE
    assert "the limit wrong_answers_per_10_minutes is reached for" in ended.out
    assert "Sends: 4 more fit now." in ended.out
    assert re.search(r"verify +sent +\$0\.\d+ +SM[0-9a-f]{32}", ended.out)
    assert locked not in ended.out + ended.err


def test_show_of_a_stranger(simulation: CommandLine) -> None:
    """Of a phone never met nothing is kept, and that is no failure."""
    ended = simulation("phone", "show", PHONE, *WHY)

    assert ended.status == ExitStatus.DONE
    assert ended.out == "Nothing is kept of +1555***4567.\n"


def test_show_as_json(simulation: CommandLine, locked: str) -> None:
    """A program gets the same, with waiting times in seconds."""
    shown = json.loads(simulation("phone", "show", PHONE, *WHY, "--json").out)

    assert shown["phone"] == "+1555***4567"
    assert shown["known"] is True
    assert (shown["sends_left"], shown["sends_wait"]) == (4, None)
    assert [one["state"] for one in shown["sends"]] == ["sent"]
    (purpose,) = shown["purposes"]
    assert len(purpose["codes_live_until"]) == 1
    assert (purpose["wrong_answers"], purpose["attempts_left"]) == (5, 0)
    assert purpose["answers_wait"]["rule"] == "wrong_answers_per_10_minutes"
    assert 500 < purpose["answers_wait"]["retry_after"] <= 600
    assert locked not in json.dumps(shown)


def test_unlock_lets_the_right_code_in(simulation: CommandLine, locked: str) -> None:
    """It says what it took back, and the code that lives is approved."""
    assert simulation("check", PHONE, locked).status == ExitStatus.REFUSED

    ended = simulation("phone", "unlock", PHONE, *WHY)

    assert ended.status == ExitStatus.DONE
    assert "Unlocked +1555***4567: 5 wrong answers taken back, 0 sends" in ended.out
    assert "Still counted: 1 send" in ended.out
    assert locked not in ended.out + ended.err
    assert simulation("check", PHONE, locked).status == ExitStatus.DONE


def test_unlock_of_what_is_not_locked(simulation: CommandLine) -> None:
    """Nothing to unlock is said so."""
    ended = simulation("phone", "unlock", PHONE, *WHY)

    assert ended.out == "✓ There was nothing to unlock for +1555***4567.\n"


def test_opt_in(simulation: CommandLine) -> None:
    """A number that the provider has opted out is opted in, once; Twilio's list is named."""
    opted_out = "+15005550004"
    simulation("send", opted_out)

    first = simulation("phone", "opt-in", opted_out, *WHY)
    second = simulation("phone", "opt-in", opted_out, *WHY)

    assert "is opted in again. Twilio keeps a list of its own" in first.out
    assert "was not opted out" in second.out


def test_forget_keeps_an_opt_out_and_says_so(simulation: CommandLine) -> None:
    """An opt-out stays until it is asked for by name."""
    opted_out = "+15005550004"
    simulation("send", opted_out)

    first = simulation("phone", "forget", opted_out, *WHY)
    second = simulation("phone", "forget", opted_out, "--with-opt-out", *WHY)
    shown = simulation("phone", "show", opted_out, *WHY)

    assert "1 send, 0 wrong answers, 0 approvals." in first.out
    assert "Kept: the opt-out and 0 message hashes" in first.out
    assert "the opt-out" in second.out
    assert "Kept" not in second.out
    assert shown.out.startswith("Nothing is kept")


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("unlock", {"wrong_answers", "sends", "sends_still_counted"}),
        ("opt-in", set()),
        (
            "forget",
            {"sends", "wrong_answers", "approvals", "opt_out_removed", "opt_out_stays"}
            | {"message_hashes_removed", "message_hashes_stay"},
        ),
    ],
)
def test_orders_as_json(simulation: CommandLine, locked: str, order: str, names: set[str]) -> None:
    """A program reads what was done, and whether anything was."""
    done = json.loads(simulation("phone", order, PHONE, *WHY, "--json").out)

    assert set(done) == {"order", "phone", "changed", *names}
    assert (done["order"], done["phone"]) == (order, "+1555***4567")
    assert done["changed"] is (order != "opt-in")
    assert locked not in json.dumps(done)


@pytest.mark.parametrize("order", ["show", "unlock", "opt-in", "forget"])
def test_each_order_is_told_on_standard_error(simulation: CommandLine, order: str) -> None:
    """One line of audit trail, with the action, the masked number and the masked reason."""
    ended = simulation("phone", order, PHONE, "--reason", f"{PHONE} called", "--json")

    (line,) = ended.err.splitlines()
    assert f"Operator's order: {order} for +1555***4567, because: +1555***4567 called" in line
    assert PHONE not in ended.out + ended.err


def test_the_audit_line_as_json(simulation: CommandLine) -> None:
    """With SMS_LOG_FORMAT=json the line is an object with a stable name."""
    ended = simulation("phone", "forget", PHONE, *WHY, SMS_LOG_FORMAT="json")

    line = json.loads(ended.err)
    assert line["event"] == "sms.audit"
    assert (line["action"], line["reason"]) == ("forget", "ticket 7")


def test_at_debug_the_audit_line_comes_once(simulation: CommandLine) -> None:
    """Who asked for all lines gets the audit line among them, and not a second time."""
    opted_out = "+15005550004"
    simulation("send", opted_out)

    ended = simulation("phone", "opt-in", opted_out, *WHY, SMS_LOG_LEVEL="DEBUG")

    assert ended.err.count("Operator's order") == 1
    assert "A phone opted in again (by operator)" in ended.err


def test_other_log_lines_stay_away(simulation: CommandLine, locked: str) -> None:
    """A store that can't be opened is told in one sentence, not in a log line besides."""
    ended = simulation("phone", "unlock", PHONE, *WHY, SMS_SQLITE_PATH="/dev/null/no")

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert ended.err.startswith("STORE_UNAVAILABLE: ")
    assert len(ended.err.splitlines()) == 1


def test_a_reason_is_asked_for_on_a_terminal(
    simulation: CommandLine, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the option somebody at a terminal is asked, and what is typed is the reason."""
    monkeypatch.setattr(sys, "stdin", Terminal("ticket 8\n"))

    ended = simulation("phone", "unlock", PHONE)

    assert ended.status == ExitStatus.DONE
    assert "because: ticket 8" in ended.err


@pytest.mark.parametrize("given", [(), ("--reason", " "), ("--reason", "a\nb")])
def test_without_a_reason_nothing_is_done(
    simulation: CommandLine, locked: str, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]
) -> None:
    """A script that gives none, or none that says anything, ends with 2 and changed nothing."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    ended = simulation("phone", "unlock", PHONE, *given)

    assert ended.status == ExitStatus.USAGE
    assert "eason" in ended.err
    assert simulation("check", PHONE, locked).err.startswith("TOO_MANY_ATTEMPTS")


def test_what_is_no_number(simulation: CommandLine) -> None:
    """A text that spells no number is wrong usage, and is not shown again."""
    ended = simulation("phone", "show", "5551234", *WHY)

    assert ended.status == ExitStatus.USAGE
    assert "5551234" not in ended.err


def test_disabled_says_which_variables_to_set(cli: CommandLine) -> None:
    """Without credentials and simulation there are no records to look at."""
    ended = cli("phone", "show", PHONE, *WHY)

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set" in ended.err


def test_alone_it_shows_its_help(cli: CommandLine) -> None:
    """Without an order the four are listed, in whole sentences."""
    ended = cli("phone")

    assert ended.status == ExitStatus.USAGE
    for order in ("show", "unlock", "opt-in", "forget"):
        assert re.search(rf"^  {order} .*\.$", ended.out, re.MULTILINE)
    assert "..." not in ended.out.split("Commands:")[1]
