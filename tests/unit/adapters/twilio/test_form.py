"""Reading forms that anybody can send."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.adapters.twilio.form import FormLimits, parse_form

KIND = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=", {"a": ""}),
        (b"a", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"Body=+STOP%0D%0A+", {"Body": " STOP\r\n "}),
        (b"a=%E2%9C%85&b=\xe2\x9c\x85", {"a": "✅", "b": "✅"}),
        (b"a%5B%5D=1&a=2", {"a[]": "1", "a": "2"}),
    ],
)
def test_fields(body: bytes, fields: dict[str, str]) -> None:
    """Names and values come as they were sent, spaces and line breaks included."""
    assert parse_form(body, KIND) == fields


@pytest.mark.parametrize(
    "body",
    [b"a=1&a=2", b"a=1&a=1", b"a=1&%61=1", b"=1", b"&", b"a=1&", b"a=1&&b=2", b"a=%", b"a=%4",
     b"a=%zz", b"%4=1", b"a=%ff", b"a=\xff", b"a=%ED%A0%80"],
)  # fmt: skip
def test_malformed(body: bytes) -> None:
    """A name twice or empty, a broken escape and what is not UTF-8 are refused."""
    assert parse_form(body, KIND) is None


@pytest.mark.parametrize(
    "kind",
    [
        KIND,
        KIND.upper(),
        f"{KIND}; charset=UTF-8",
        f'{KIND} ;charset="utf-8"',
        f"{KIND};",
    ],
)
def test_content_types(kind: str) -> None:
    """A form in UTF-8 may say so in any spelling."""
    assert parse_form(b"a=1", kind) == {"a": "1"}


@pytest.mark.parametrize(
    "kind",
    [None, "", "application/json", "multipart/form-data; boundary=x", f"{KIND}x", f"x{KIND}",
     f"{KIND}; charset=latin-1", f"{KIND}; charset=utf-8; charset=utf-7", "text/plain", ";"],
)  # fmt: skip
def test_other_content_types(kind: str | None) -> None:
    """Only forms in UTF-8 are read: JSON is not signed by its body."""
    assert parse_form(b"a=1", kind) is None


def test_limits() -> None:
    """A body of 64 KiB and a hundred fields pass, one more of either does not."""
    assert parse_form(b"a=" + b"x" * (64 * 1024 - 2), KIND) is not None
    assert parse_form(b"a=" + b"x" * (64 * 1024 - 1), KIND) is None
    hundred = urlencode({f"p{number}": "" for number in range(100)}).encode()
    assert parse_form(hundred, KIND) is not None
    assert parse_form(hundred + b"&q=", KIND) is None
    assert parse_form(b"a=1&b=2", KIND, FormLimits(fields=1)) is None


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))
    )
)
def test_round_trip(fields: dict[str, str]) -> None:
    """Whatever is encoded as a form comes back."""
    assert parse_form(urlencode(fields).encode(), KIND) == fields


@given(st.binary())
def test_never_raises(body: bytes) -> None:
    """Any octets give fields or are refused."""
    fields = parse_form(body, KIND)
    assert fields is None or all(fields)
