"""Bad input of any type: a result for phone and code, a sentence for all else, and no trace."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.facade.results import CheckResult, SendResult
from smsverify.testing import CountsCalls
from tests.unit.kit import PHONE, Kit, build

GOOD: Final = {
    "send": {
        "phone_number": PHONE,
        "app_name": "MyApp",
        "purpose": None,
        "client_id": None,
        "locale": None,
        "idempotency_key": None,
    },
    "check": {
        "phone_number": PHONE,
        "code": "123456",
        "purpose": None,
        "client_id": None,
        "idempotency_key": None,
    },
}
PERSONS: Final = {"phone_number": "INVALID_PHONE_FORMAT", "code": "INVALID_CODE_FORMAT"}
"""What a person types gives a result; all else is the program's own and raises."""
PROGRAMS: Final = [
    (call, name) for call, arguments in GOOD.items() for name in arguments if name not in PERSONS
]


class Text(str):
    """A text that is not quite one."""

    __slots__ = ()


class Hostile:
    """An object that raises at whatever is done to it."""

    def __getattribute__(self, name: str) -> Any:
        """Let only the type be looked at."""
        if name == "__class__":
            return object.__getattribute__(self, name)
        raise AssertionError(f"{name} was asked for")

    def _raise(self, *_: object) -> Any:
        raise AssertionError("it was used")

    __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __str__ = __repr__ = _raise


OTHER_TYPES: Final = [
    b"+15551234567",
    bytearray(b"123456"),
    123456,
    15551234567,
    1.5,
    float("nan"),
    True,
    False,
    0,
    object(),
    Hostile(),
    [],
    ["123456"],
    ("+15551234567",),
    {},
    {"phone": PHONE},
    set(),
    dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    lambda: PHONE,
    str,
    Exception("x"),
    ...,
]

anything: Final = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="+0123456789 -.()", max_size=40),
    st.text(alphabet="0123456789٠١٢٣٤٥６７８\n\r\x00 +-_", max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.binary(max_size=40),
    st.lists(st.text(max_size=8), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
    st.sampled_from(["\ud800", "a\udfff", "x" * 1_000_000, "{app}", "{code}", "\x00", "\u202e"]),
    st.sampled_from(
        ["123456\n", "１２３４５６", "١٢٣٤٥٦", "1_2345", "+12345", " 123456", "-12345"]
    ),
    st.sampled_from([one for one in OTHER_TYPES if type(one) is not Hostile]),
)


def call(kit: Kit, name: str, arguments: dict[str, Any]) -> Awaitable[SendResult | CheckResult]:
    """Return one call of the facade."""
    verifier = kit.verifier
    method: Callable[..., Any] = (
        verifier.send_verification_sms if name == "send" else verifier.verify_code
    )
    return method(**arguments)


def untouched(kit: Kit) -> bool:
    """Say whether nothing was asked of the store and nothing was sent."""
    assert isinstance(kit.store, CountsCalls)
    return (kit.store.loads, kit.store.answers, kit.gateway.messages) == (0, [], [])


def is_sentence(text: str | None) -> bool:
    """Say whether a text can be read by a developer."""
    return text is not None and text.endswith(".") and " " in text and text[0].isupper()


async def refused_or_raised(name: str, argument: str, value: Any) -> None:
    """Assert that a bad value is answered as promised, and leaves no trace."""
    kit = build(CountsCalls)
    arguments = {**GOOD[name], argument: value}
    if argument in PERSONS:
        result = await call(kit, name, arguments)
        assert (result.success, result.error_code) == (False, PERSONS[argument])
        assert is_sentence(result.error)
        assert is_sentence(result.public_error)
    else:
        with pytest.raises((TypeError, ValueError)) as raised:
            await call(kit, name, arguments)
        assert is_sentence(str(raised.value))
        assert raised.value.__cause__ is None
    assert untouched(kit)


# ── other types ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "argument"), [(n, a) for n in GOOD for a in GOOD[n]])
async def test_other_types(name: str, argument: str) -> None:
    """Whatever has the wrong type is refused without being used, compared or shown."""
    for value in OTHER_TYPES:
        await refused_or_raised(name, argument, value)


@pytest.mark.parametrize(
    ("name", "argument"), [(n, a) for n in GOOD for a in GOOD[n] if GOOD[n][a] is not None]
)
async def test_nothing_at_all(name: str, argument: str) -> None:
    """None stands for what may be left away, and for nothing else."""
    await refused_or_raised(name, argument, None)


@pytest.mark.parametrize("name", GOOD)
async def test_a_subclass_of_str_is_no_plain_text(name: str) -> None:
    """What could override comparing and hashing is not taken for a phone or a code."""
    await refused_or_raised(name, "phone_number", Text(PHONE))
    await refused_or_raised("check", "code", Text("123456"))


# ── texts ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "phone",
    [
        "", " ", "+", "hello", "5551234567", "+1555", "+1555123456789012345", "+999123456789",
        "+1555123456a", "+1 555 123 4567 ext 5", "tel:+15551234567", "+１５５５１２３４５６７",
        "+15551234567\n", "\n+15551234567", "+15551234567\x00", "+1555\u200b1234567",
        "\u202e+15551234567", "++15551234567", "+1+5551234567", "x" * 1_000_000, "\ud800",
        "+15551234567; DROP TABLE", "+15551234567,+15557654321", "+0000000000",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", GOOD)
async def test_what_is_no_phone(name: str, phone: str) -> None:
    """Refused with a code and a sentence, without being shown again."""
    await refused_or_raised(name, "phone_number", phone)


@pytest.mark.parametrize(
    "code",
    [
        "", "12345", "1234567", "12345a", "123 456", "123-456", " 123456", "123456 ", "123456\n",
        "１２３４５６", "١٢٣٤٥٦", "1_2345", "+12345", "-12345", "0x1234", "1e5678", "12345\x00",
        "9" * 1_000_000, "\ud80012345", "²³⁴⁵⁶⁷",
    ],
)  # fmt: skip
async def test_what_cannot_be_a_code(code: str) -> None:
    """Refused before any I/O, and not counted as a wrong answer."""
    await refused_or_raised("check", "code", code)


@pytest.mark.parametrize(
    "app",
    [
        "", " ", "\t", "two\nlines", "two\rlines", "null\x00", "{app}", "{code}", "}", "x" * 31,
        "x" * 1_000_000, "\u202eevil", "a\u2066b", "a\u2028b", "\ud800", "\u200b",
        "@example.com #1",
    ],
)  # fmt: skip
async def test_what_is_no_app_name(app: str) -> None:
    """Line breaks, braces, control and bidirectional characters, and more than 30 characters."""
    await refused_or_raised("send", "app_name", app)


@pytest.mark.parametrize(("name", "argument"), PROGRAMS)
@pytest.mark.parametrize("value", ["", "x" * 256, "\ud800", "x" * 1_000_000], ids=len)
async def test_texts_of_no_use(name: str, argument: str, value: str) -> None:
    """Empty, endless and unwritable texts are a mistake of the program for every argument."""
    await refused_or_raised(name, argument, value)


async def test_a_mistake_is_told_before_a_bad_phone() -> None:
    """A program's mistake shows whatever a person typed, so that a test finds it."""
    kit = build(CountsCalls)

    with pytest.raises(ValueError, match="app name"):
        await kit.verifier.send_verification_sms("nonsense", "")
    with pytest.raises(ValueError, match="purpose"):
        await kit.verifier.verify_code("nonsense", "nonsense", purpose="nonsense")


# ── anything at all ───────────────────────────────────────────────────────────────────────────


@given(
    phone_number=anything,
    app_name=anything,
    purpose=st.none() | anything,
    client_id=st.none() | anything,
    locale=st.none() | anything,
    idempotency_key=st.none() | anything,
)
@example(**{**GOOD["send"], "client_id": "::1%scope"})
@example(**{**GOOD["send"], "locale": "pt_BR", "idempotency_key": "x" * 255})
def test_send_survives_anything(**arguments: Any) -> None:
    """A result, or a TypeError or ValueError with a sentence; refused means without a trace."""
    asyncio.run(survives("send", arguments))


@given(
    phone_number=st.just(PHONE) | anything,
    code=anything,
    purpose=st.none() | anything,
    client_id=st.none() | anything,
    idempotency_key=st.none() | anything,
)
def test_check_survives_anything(**arguments: Any) -> None:
    """A result, or a TypeError or ValueError with a sentence; refused means without a trace."""
    asyncio.run(survives("check", arguments))


async def survives(name: str, arguments: dict[str, Any]) -> None:
    """Assert that a call with any arguments ends as promised."""
    kit = build(CountsCalls)
    result: SendResult | CheckResult | None = None
    try:
        result = await call(kit, name, arguments)
    except (TypeError, ValueError) as error:
        told = str(error)
    else:
        told = result.error or "Approved or sent."
    assert is_sentence(told)
    if result is None:
        assert untouched(kit)
        return
    if result.success or result.error_code == "NO_PENDING_VERIFICATION":
        assert type(arguments["phone_number"]) is str
        return
    assert result.error_code in PERSONS.values()
    assert untouched(kit)


# ── nothing of it is shown ────────────────────────────────────────────────────────────────────


@given(phone=st.text(alphabet="+0123456789 -.()abc", min_size=6, max_size=40))
def test_a_refused_number_is_not_repeated(phone: str) -> None:
    """No sentence says the number again: it may be whole but for one letter."""

    async def ask() -> SendResult:
        return await build().verifier.send_verification_sms(phone, "MyApp")

    result = asyncio.run(ask())

    digits = "".join(filter(str.isdigit, phone))
    if len(digits) >= 6:
        assert digits not in "".join(map(str, attrs.astuple(result)))
    assert phone not in f"{result.error}{result.public_error}"
