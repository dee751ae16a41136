"""Numbers, codes and secrets are masked wherever they hide; what a log is for stays readable."""

from __future__ import annotations

import enum
import sys
from collections import OrderedDict, deque
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.adapters.structlog.redaction import Redactor
from smsverify.domain.phone import parse_phone

SID = "SM0123456789abcdef0123456789abcdef"
TOKEN = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
WHOLE = "+15551234567"
CODE = "482913"
REDACT = Redactor(["hush-hush secret", b"raw bytes too", "q/w=e r", "abc"])


def redact(**fields: object) -> dict[str, Any]:
    """Return these fields after the processor."""
    return dict(REDACT(None, "info", dict(fields)))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (WHOLE, "+1555***4567"),
        (f"to {WHOLE}, please", "to +1555***4567, please"),
        ("to=%2B15551234567&x=1", "to=%2B***&x=1"),
        ("15551234567", "***"),
        ("call (555) 123-4567 now", "call *** now"),
        ("+1 (555) 123-4567", "***"),
        ("+44 20 7946 0958.", "***."),
        ("555.123.4567", "***"),
        ("٠١٥٥٥١٢٣٤٥٦٧", "***"),
        ("\uff11\uff15\uff15\uff15\uff11\uff12\uff13\uff14", "***"),
        ("555\u2011123\u20114567", "***"),
        ("1\u200b5\u200b5\u200b5\u200b1\u200b2\u200b3", "***"),
        (f"{WHOLE}{WHOLE}", "+1555***4567+1555***4567"),
        (f"Your MyApp code is {CODE}.", "Your MyApp code is ***."),
        (f"認証コード：{CODE}です", "認証コード：***です"),
        (f"code%3A{CODE}%0A", "code%3A***%0A"),
        (f"@example.com #{CODE}", "@example.com #***"),
        ("1234567890", "***"),
        (f"x{CODE}y", "x***y"),
        (f"code: {CODE}\n{CODE}", "code: ***\n***"),
    ],
)
def test_numbers_and_codes_are_masked_in_text(text: str, masked: str) -> None:
    """A phone number in any spelling and a run of six digits and more do not get through."""
    assert masked == REDACT.text(text)


@pytest.mark.parametrize(
    "text",
    [
        SID,
        f"📤 SMS sent successfully: {SID}",
        "ACffffffffffffffffffffffffffffffff",
        "+1555***4567",
        "2026-11-22",
        "2026-11-22T13:34:38.123456Z and 2026-11-22 13:34:38,123",
        "at 2026-11-22T13:34:38+00:00.",
        "connect to 192.168.100.200:6379 failed",
        "error 21211, status 429, 12345 left",
        "possible again in 86400 s",
        "$0.0083 of $50.00",
        "",
        "TWILIO_AUTH_TOKEN must be set",
        "the token: it is missing",
        "Basic information",
    ],
)
def test_what_a_log_is_for_stays(text: str) -> None:
    """Ids, dates, addresses of machines, small figures and prose are left alone."""
    assert text == REDACT.text(text)


@pytest.mark.parametrize(
    "text",
    [
        "hush-hush secret",
        "[hush-hush secret]",
        "raw bytes too",
        "q/w=e r",
        "https://example.com/?x=q%2Fw%3De%20r",
        f"auth {TOKEN}",
        "redis://default:h.u.s.h@example.com:6379/0",
        "redis://:h.u.s.h@example.com",
        "rediss://u:h@u.s/h@example.com".replace("/h", "h"),
        "https://h.u.s.h@example.com/path",
        "Authorization: Basic aC51LnMuaDpodXNoaHVzaA==",
        "Bearer h.u.s.hxxxxxxxxxxxxxxxxxxxx",
        "token=h.u.s.h",
        "?access_token=h.u.s.h&y=1",
        "TWILIO_AUTH_TOKEN='h.u.s.h'",
        '{"client_secret": "h.u.s.h of many words"}',
        "{'password': b'h.u.s.h'}",
        r"{\"api_key\": \"h.u.s.h\"}",
        "Password = h.u.s.h",
    ],
)
def test_secrets_are_masked_in_text(text: str) -> None:
    """Given values, values under telling names and credentials in addresses are masked."""
    masked = REDACT.text(text)

    for secret in ("hush", "raw bytes", "q/w", "q%2Fw", TOKEN, "h.u.s.h", "many words", "aC51"):
        assert secret not in masked


def test_address_stays_readable_without_its_password() -> None:
    """Host, port and user of an address are what somebody on call needs."""
    assert REDACT.text("redis://app:pw@cache:6379/0?x=1") == "redis://app:***@cache:6379/0?x=1"


@pytest.mark.parametrize("name", ["token", "auth_token", "AuthToken", "client_secret", "password"])
@pytest.mark.parametrize("value", ["x", b"y", 7, ["z"], {"a": "b"}])
def test_value_under_a_telling_name_is_masked(name: str, value: object) -> None:
    """What is called a token or a password is masked whatever it is."""
    assert redact(**{name: value}) == {name: "***"}
    assert redact(outer={name: value}) == {"outer": {name: "***"}}


def test_value_that_is_not_set_is_shown_as_such() -> None:
    """That a secret is missing is no secret."""
    assert redact(token=None) == {"token": None}


class Clumsy:
    """An object whose repr gives everything away."""

    def __repr__(self) -> str:
        return f"<Clumsy {WHOLE} {CODE}>"


class Broken:
    """An object whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError(CODE)


class Digits(enum.IntEnum):
    """A code as an enumeration."""

    CODE = 482913


HIDING: list[Any] = [
    CODE,
    int(CODE),
    float(CODE),
    -int(CODE),
    Decimal(CODE),
    CODE.encode(),
    bytearray(CODE, "ascii"),
    memoryview(CODE.encode()),
    f"{WHOLE}\n{CODE}".encode("utf-16"),
    [CODE],
    (CODE,),
    {CODE},
    frozenset({CODE}),
    deque([CODE]),
    {"a": {"b": [{"c": CODE}]}},
    {CODE: "as a key"},
    {int(CODE): "as a key"},
    OrderedDict(a=CODE),
    ValueError(f"code {CODE}"),
    KeyError(CODE),
    Clumsy(),
    [Clumsy()],
    Digits.CODE,
    range(482913, 482914),
    iter([CODE]),
]


@pytest.mark.parametrize(
    "hiding", HIDING, ids=[f"{n}-{type(one).__name__}" for n, one in enumerate(HIDING)]
)
def test_code_is_masked_wherever_it_hides(hiding: object) -> None:
    """Nested values, bytes, numbers, keys, exceptions and foreign objects hide nothing."""
    shown = repr(redact(hiding=hiding))

    assert CODE not in shown
    assert WHOLE not in shown


def test_plain_values_keep_their_type() -> None:
    """Small numbers, booleans and None stay what they are, for programs that read the log."""
    fields = {"a": 3, "b": 0.014, "c": True, "d": None, "e": "text", "f": [1, "x"]}

    assert redact(**fields) == fields


def test_phone_number_shows_itself_masked() -> None:
    """A phone number of the domain appears in its masked form."""
    assert redact(phone=parse_phone(WHOLE)) == {"phone": "+1555***4567"}


def test_object_that_can_not_be_shown_is_named() -> None:
    """A repr that raises does not end the log line, nor does its error show."""
    assert redact(odd=Broken()) == {"odd": "<Broken>"}


def test_circle_is_cut_off() -> None:
    """A container inside itself ends."""
    circle: list[object] = [CODE]
    circle.append(circle)

    assert CODE not in repr(redact(circle=circle))


def raise_leaking() -> None:
    """Raise an error that quotes everything, caused by another one."""
    try:
        OrderedDict[str, str]()[WHOLE]
    except KeyError as error:
        error.add_note(f"note {CODE}")
        raise ValueError(f"code {CODE} token=h.u.s.h") from error


@pytest.mark.parametrize("how", ["tuple", "instance", "flag"])
def test_exceptions_are_spelled_out_and_masked(how: str) -> None:
    """An exception becomes masked text here, so that nothing later formats it unmasked."""
    try:
        raise_leaking()
    except ValueError as error:
        found = {"tuple": sys.exc_info(), "instance": error, "flag": True}[how]
        fields = redact(event="x", exc_info=found)

    assert set(fields) == {"event", "exception"}
    assert "ValueError: code *** token=***" in fields["exception"]
    assert "note ***" in fields["exception"]
    assert "in raise_leaking" in fields["exception"]
    for leak in (CODE, WHOLE, "h.u.s.h"):
        assert leak not in fields["exception"]


def test_no_exception_adds_nothing() -> None:
    """A line that was told to add the current exception when there is none stays as it is."""
    assert redact(event="x", exc_info=True) == {"event": "x"}
    assert redact(event="x", exc_info=None) == {"event": "x"}
    assert redact(event="x", exc_info=False) == {"event": "x"}


def test_stack_information_is_masked() -> None:
    """A stack may show the source line of a caller, with a number in it."""
    shown = redact(stack_info=f'File "app.py", line 3\n    send("{WHOLE}", "{CODE}")')

    assert "line 3" in shown["stack_info"]
    assert CODE not in repr(shown)
    assert WHOLE not in repr(shown)


@given(st.text(max_size=30), st.text(st.sampled_from("0123456789"), min_size=6, max_size=10))
@example("SM", "123456")
@example("2026-11-2", "212345")
def test_no_code_gets_through_any_text(around: str, code: str) -> None:
    """Whatever stands before and behind a code, at most five of its digits in a row are left."""
    masked = REDACT.text(f"{around}{code}{around[::-1]}")
    for start in range(len(code) - 5):
        assert code[start : start + 6] not in masked or code[start : start + 6] in around


@given(st.recursive(st.text() | st.integers() | st.binary() | st.none(), st.lists, max_leaves=20))
def test_any_value_is_taken(value: object) -> None:
    """The processor never raises."""
    redact(value=value)


@pytest.mark.parametrize("piece", ["a", "1", "token", "1 ", "://", "a:", "=", "((", "SM", "\\'"])
def test_long_texts_take_linear_time(piece: str) -> None:
    """A text made to be slow to search is searched: in quadratic time it would not end."""
    text = piece * (200_000 // len(piece))

    assert len(REDACT.text(text)) <= len(text)


def test_short_secret_is_not_looked_for() -> None:
    """A secret of three characters would be masked all over the log."""
    assert REDACT.text("abcdef") == "abcdef"


def test_redactor_without_secrets_masks_the_rest() -> None:
    """No secrets given: numbers, codes and names are looked for all the same."""
    assert Redactor().text(f"{CODE} password=x") == "*** password=***"
