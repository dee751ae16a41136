"""Whose request it is: agreement with the SDK's validator, and nothing that a stranger can do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from smsverify.adapters.twilio.signature import find_signature, verify_signature

TOKEN = "token-of-this-test"
OLDER = "token-before-it"
URL = "https://sms.example.com/base/webhooks/twilio/status?r=abc&a=00"
FIELDS = {
    "AccountSid": "AC" + "0" * 32,
    "Body": " déjà vu\r\n",
    "MessageStatus": "sent",
    "Empty": "",
}


def sign(url: str, fields: dict[str, str], token: str = TOKEN) -> str:
    """Return the signature that Twilio's own SDK makes."""
    signature: str = RequestValidator(token).compute_signature(url, fields)
    return signature


def test_public_example() -> None:
    """The example that Twilio's documentation gave for years verifies, with its token 12345."""
    # https://www.twilio.com/docs/usage/security and the test of each official SDK.
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert verify_signature(url, fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", ["12345"])
    # The same with the number that the page shows now.
    changed = {**fields, "Caller": "+14158675310", "From": "+14158675310"}
    assert verify_signature(url, changed, "GvWf1cFY/Q7PnoempGyD5oXAezc=", ["12345"])


@pytest.mark.parametrize("token", [TOKEN, OLDER])
def test_each_token(token: str) -> None:
    """While the token is changed, both sign."""
    assert verify_signature(URL, FIELDS, sign(URL, FIELDS, token), [TOKEN, OLDER])


def test_no_token() -> None:
    """Without a token in force, and with an empty one, nobody is believed."""
    assert not verify_signature(URL, FIELDS, sign(URL, FIELDS), [])
    assert not verify_signature(URL, FIELDS, sign(URL, FIELDS, ""), ["", ""])


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://a.example/x", "https://a.example:443/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://a.example:8443/x", "https://a.example/x"),
        ("https://a.example:8443/x", "https://a.example:8443/x"),
        ("http://127.0.0.1/x?y=//127.0.0.1", "http://127.0.0.1:80/x?y=//127.0.0.1"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]/x"),
    ],
)
def test_both_spellings_of_the_address(configured: str, signed: str) -> None:
    """Twilio may sign the address with its port or without it."""
    assert verify_signature(configured, FIELDS, sign(signed, FIELDS), [TOKEN])


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("sms.", "sns."),
        URL.replace("/base", ""),
        URL.replace("a=00", "a=01"),
        URL + "&b=1",
        URL.replace("status", "Status"),
        URL.removesuffix("0"),
        "",
        "//sms.example.com/x",
        "ftp://sms.example.com/x",
        "https://",
        "https://host:port/x",
        "https://host:99999/x",
        "https://[::1/x",
        "\ud800",
    ],
)
def test_every_other_address(url: str) -> None:
    """A single change of the address is refused, and so is what is no address, without an error."""
    assert not verify_signature(url, FIELDS, sign(URL, FIELDS), [TOKEN])


def test_every_other_port() -> None:
    """An address that was signed with a port of its own is not ours without it."""
    signed = sign(URL.replace("example.com", "example.com:8443"), FIELDS)
    assert not verify_signature(URL, FIELDS, signed, [TOKEN])


@pytest.mark.parametrize(
    "fields",
    [
        {**FIELDS, "MessageStatus": "delivered"},
        {**FIELDS, "MessageStatus": "sent "},
        {**FIELDS, "More": ""},
        {**FIELDS, "Body": FIELDS["Body"].strip()},
        {key: value for key, value in FIELDS.items() if key != "Body"},
        {key.lower(): value for key, value in FIELDS.items()},
        {},
        {**FIELDS, "Body": "\ud800"},
    ],
)
def test_every_other_form(fields: dict[str, str]) -> None:
    """A single change of a field is refused, a lone surrogate too."""
    assert not verify_signature(URL, fields, sign(URL, FIELDS), [TOKEN])


@pytest.mark.parametrize(
    "signature",
    [None, "", " ", "x", sign(URL, FIELDS)[:-1], sign(URL, FIELDS) + "=", " " + sign(URL, FIELDS),
     sign(URL, FIELDS).swapcase(), "\ud800", "é" * 28, sign(URL, FIELDS, "other")],
)  # fmt: skip
def test_every_other_signature(signature: str | None) -> None:
    """Only the signature itself is believed; what is none at all raises nothing."""
    assert not verify_signature(URL, FIELDS, signature, [TOKEN])


@given(
    st.dictionaries(st.text(min_size=1), st.text(), max_size=8),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=20),
    st.text(min_size=1).filter(lambda text: text.isprintable()),
)
def test_same_as_the_sdk(fields: dict[str, str], path: str, token: str) -> None:
    """For any form, address and token, what the SDK signs is believed."""
    url = f"https://sms.example.com/{path}"
    encodable = {key: value for key, value in fields.items() if (key + value).isprintable()}
    assert verify_signature(url, encodable, sign(url, encodable, token), [token])


@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=4), st.none() | st.text())
def test_never_raises(url: str, fields: dict[str, str], signature: str | None) -> None:
    """Whatever a stranger sends is refused without an error."""
    assert not verify_signature(url, fields, signature, [TOKEN])


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([("X-Twilio-Signature", "a")], "a"),
        ([("Host", "b"), ("x-twilio-signature", "a")], "a"),
        ([], None),
        ([("Host", "a")], None),
        ([("X-Twilio-Signature", "a"), ("x-twilio-SIGNATURE", "a")], None),
    ],
)
def test_finding_the_signature(headers: list[tuple[str, str]], found: str | None) -> None:
    """A signature that is missing or there twice is none."""
    assert find_signature(headers) == found
