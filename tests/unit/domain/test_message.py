"""Messages: what names, templates, hosts and hashes are taken, and what is made of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.domain.message import (
    MessageTemplate,
    check_android_app_hash,
    check_app_name,
    check_origin_host,
    check_template,
    fits_android_retriever,
    message_template,
    render,
)
from smsverify.domain.segments import Encoding, count_segments

TEXT = "{app}: your code is {code}."
HASH = "FA+9qCX9VSu"  # the example of Google's guide

any_text = st.text(st.characters(exclude_categories=()), max_size=50)
names = st.text(
    st.sampled_from("ab{}codeapp%$@#.\\ é\u0301\u200d😀\n\u202e\x00") | st.characters(), max_size=33
)
templates = st.lists(
    st.sampled_from(["{app}", "{code}", " ", "x", "é", "\n", "7", "{", "}", "%s", "{0}", "\\1"]),
    max_size=12,
).map("".join)
codes = st.from_regex(r"[0-9]{6,10}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("MyApp", "MyApp"),
        ("  MyApp ", "MyApp"),
        ("x" * 30, "x" * 30),
        ("Cafe\u0301", "Café"),
        ("e\u0301" * 30, "é" * 30),
        ("x" + " " * 119, "x"),
        ("日本語アプリ", "日本語アプリ"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻 Dev", "👩\u200d💻 Dev"),
        ("A&B <i> %s $x \\1", "A&B <i> %s $x \\1"),
        ("Excite@Home", "Excite@Home"),
        ("@home", "@home"),
    ],
)
def test_names_that_are_taken(name: str, taken: str) -> None:
    """Names of any script, composed and trimmed."""
    assert taken == check_app_name(name)


class App(str):
    """A name as applications keep them in an enumeration: its ``str()`` is another text."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return what it is called."""
        return "App.SHOP"


def test_of_a_subclass_the_text_is_taken() -> None:
    """What a value calls itself is not the name that it is."""
    taken = check_app_name(App("MyApp"))
    assert (taken, type(taken)) == ("MyApp", str)


@pytest.mark.parametrize("name", [None, 7, b"MyApp", ["MyApp"], object()])
def test_a_name_is_text(name: object) -> None:
    """Anything but a str is a programming mistake."""
    with pytest.raises(TypeError, match="app name must be a str"):
        check_app_name(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "visible"),
        ("   ", "visible"),
        ("\u200b\u00ad", "visible"),
        ("\u00a0", "visible"),
        ("x" * 31, "at most 30"),
        ("x" * 2**20, "at most 30"),
        ("x" + " " * 120, "at most 30"),
        ("My\nApp", "one line"),
        ("MyApp\n", "one line"),
        ("My\rApp", "one line"),
        ("My\u2028App", "one line"),
        ("My\u2029App", "one line"),
        ("My\x85App", "one line"),
        ("My\tApp", "one line"),
        ("My\x00App", "one line"),
        ("My\x7fApp", "one line"),
        ("My\ud800App", "one line"),
        ("{app}", "braces"),
        ("{code}", "braces"),
        ("My{App", "braces"),
        ("MyApp}", "braces"),
        ("@evil.com", "@example.com"),
        ("x @evil.com #123456", "@example.com"),
        ("@localhost #123456", "@example.com"),
    ],
)
def test_names_that_are_refused(name: str, sentence: str) -> None:
    """Each fault is told in one sentence that names it."""
    with pytest.raises(ValueError, match="app name") as caught:
        check_app_name(name)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "point",
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
)
def test_no_bidirectional_character_is_taken(point: int) -> None:
    """None of the characters that turn the direction of the rest of the line."""
    with pytest.raises(ValueError, match="bidirectional"):
        check_app_name(f"My{chr(point)}App")


def test_a_name_may_be_decomposed() -> None:
    """Thirty letters of four parts each, as some keyboards write them, are thirty characters."""
    name = "\u1fa7" * 30
    assert check_app_name(unicodedata.normalize("NFD", name)) == name


@given(names | any_text)
@example("e\u0301" * 30)
def test_a_taken_name_is_clean_and_taken_again(name: str) -> None:
    """Whatever is taken is short, on one line, without braces, and stays as it is."""
    try:
        taken = check_app_name(name)
    except ValueError:
        return
    assert check_app_name(taken) == taken
    assert 1 <= len(taken) <= 30
    assert len(taken.splitlines()) == 1
    assert not set(taken) & set("{}")
    assert not any(unicodedata.category(character) == "Cc" for character in taken)
    taken.encode()


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (TEXT, TEXT),
        ("{code}", "{code}"),
        ("Code {code}. Again: {code}", "Code {code}. Again: {code}"),
        ("one\r\ntwo {code}\r\n", "one\ntwo {code}"),
        ("Votre code cafe\u0301 {code}", "Votre code café {code}"),
        ("{app}:验证码{code}。", "{app}:验证码{code}。"),
        ("x" * 1290 + "{code}", "x" * 1290 + "{code}"),
        ("{code}" + " " * 1294, "{code}"),
    ],
)
def test_templates_that_are_taken(text: str, taken: str) -> None:
    """Templates with a code, composed, with plain line breaks."""
    assert taken == check_template(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must contain {code}"),
        ("{app}: hello", "must contain {code}"),
        ("{app}: {CODE}", "no other braces"),
        ("{code} {name}", "no other braces"),
        ("{code} {}", "no other braces"),
        ("{code} {0}", "no other braces"),
        ("{{code}}", "no other braces"),
        ("{code} {", "no other braces"),
        ("{code!r}", "no other braces"),
        ("{code} }", "no other braces"),
        ("{code} {a{app}pp}", "no other braces"),
        ("{code} {{app}app}", "no other braces"),
        ("{app}{code}", "touch"),
        ("{code}{app}", "touch"),
        ("{code}{code}", "touch"),
        ("0{code}", "touch"),
        ("{code}0", "touch"),
        ("{code}٣", "touch"),
        ("{code}\x00", "control"),
        ("{code}\tis it", "control"),
        ("{code}\u2028!", "control"),
        ("one\rtwo {code}", "control"),
        ("{code}\ud800", "control"),
        ("x" * 1291 + "{code}", "at most"),
        ("{code}" + " " * 1294 + "!", "at most"),
        ("{code}" + " {app}" * 60, "at most"),
        ("{code}" * 10**5, "at most"),
    ],
)
def test_templates_that_are_refused(text: str, sentence: str) -> None:
    """Each fault is told in one sentence that names it."""
    with pytest.raises(ValueError, match="template") as caught:
        check_template(text)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")


@given(templates)
def test_a_taken_template_is_taken_again_and_shows_the_code(text: str) -> None:
    """Whatever is taken stays as it is, and fills without leaving a brace."""
    try:
        taken = check_template(text)
    except ValueError:
        return
    assert check_template(taken) == taken
    filled = render(MessageTemplate(taken), "App", "123456")
    assert "123456" in filled
    assert not set(filled) & set("{}")
    assert re.search(r"(?<!\d)123456(?!\d)", filled)


def test_a_template_may_be_decomposed() -> None:
    """As many characters as a template may have are all read, the last one's accent too."""
    text = "{code} " + "x" * 691 + "e\u0301" * 301
    assert len(text) == 1300
    assert check_template(text) == unicodedata.normalize("NFC", text)


def test_the_longest_message_fits_a_twilio_body() -> None:
    """Longest text, name, code, host and hash together stay within 1,600 characters."""
    host = ".".join(["a" * 63] * 3 + ["b" * 61])
    text = "{app} {code} " + "x" * 1258
    template = MessageTemplate(text, host, HASH)
    with pytest.raises(ValueError, match="at most"):
        check_template(text + "x")
    assert len(render(template, "n" * 30, "1" * 10)) <= 1600


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("example.com", "example.com"),
        ("Login.Example.COM", "login.example.com"),
        (" example.com ", "example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("3.example.com", "3.example.com"),
        ("a-b.c-d.example", "a-b.c-d.example"),
    ],
)
def test_hosts_that_are_taken(host: str, taken: str) -> None:
    """Bare ASCII names, in lower case."""
    assert taken == check_origin_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "https://example.com",
        "example.com:443",
        "example.com/login",
        "user@example.com",
        "@example.com",
        "example.com #1",
        "example .com",
        "exa\nmple.com",
        "bücher.example",
        "example。com",
        "\u212aelvin.example",
        ".example.com",
        "example.com.",
        "example..com",
        "-a.example",
        "a-.example",
        "a_b.example",
        "*.example.com",
        "{code}.example",
        "a" * 64 + ".example",
        "a." * 126 + "ab",
        "127.0.0.1",
        "[::1]",
    ],
)
def test_hosts_that_are_refused(host: str) -> None:
    """Whatever a browser would not compare with the website's own host."""
    with pytest.raises(ValueError, match="bare ASCII host name"):
        check_origin_host(host)


@pytest.mark.parametrize("value", ["FA+9qCX9VSu", "abcdefghijk", "0123456789/", " FA+9qCX9VSu\n"])
def test_hashes_that_are_taken(value: str) -> None:
    """Eleven characters of base64."""
    assert check_android_app_hash(value) == value.strip()


@pytest.mark.parametrize("value", ["", "FA+9qCX9VS", "FA+9qCX9VSuu", "FA-9qCX9VSu", "FA 9qCX9VSu"])
def test_hashes_that_are_refused(value: str) -> None:
    """Too short, too long, or of another alphabet."""
    with pytest.raises(ValueError, match="11 characters"):
        check_android_app_hash(value)


@pytest.mark.parametrize("check", [check_template, check_origin_host, check_android_app_hash])
@pytest.mark.parametrize("value", [None, 7, b"{code}", ["{code}"]])
def test_settings_of_messages_are_text(check: type[str], value: object) -> None:
    """Anything but a str is a programming mistake."""
    with pytest.raises(TypeError, match="must be a str"):
        check(value)


@pytest.mark.parametrize(
    ("host", "app_hash", "message"),
    [
        (None, None, "MyApp: your code is 123456."),
        ("example.com", None, "MyApp: your code is 123456.\n@example.com #123456"),
        (None, HASH, f"MyApp: your code is 123456.\n{HASH}"),
        ("example.com", HASH, f"MyApp: your code is 123456.\n@example.com #123456 {HASH}"),
    ],
)
def test_last_lines(host: str | None, app_hash: str | None, message: str) -> None:
    """The host's line is last, the hash ends the message, and both share a line."""
    template = MessageTemplate(TEXT, host, app_hash)
    assert message == render(template, "MyApp", "123456")


def origin_bound(message: str) -> tuple[str, str] | None:
    """Read a message as the format's own parsing steps say: host and code of the last line."""
    line = message.replace("\r\n", "\n").replace("\r", "\n").split("\n")[-1]
    found = re.match(r"@([^\t\n\f\r ]+) #([^\t\n\f\r ]+)", line)
    return None if found is None else (found[1], found[2])


@given(
    templates, names, codes, st.sampled_from(["example.com", None]), st.sampled_from([HASH, None])
)
def test_phones_read_their_line(
    text: str, name: str, code: str, host: str | None, app_hash: str | None
) -> None:
    """Whatever text and name are, browsers read host and code, and Android its hash."""
    try:
        template, taken = MessageTemplate(text, host, app_hash), check_app_name(name)
    except ValueError:
        return
    message = render(template, taken, code)
    if host is not None:
        assert origin_bound(message) == (host, code)
        chrome = re.search(r"(?:^|\s)@([a-zA-Z0-9.-]+) #([^#\s]+)", message)
        assert chrome is not None
        assert chrome.groups() == (host, code)
    if app_hash is not None:
        assert message.split()[-1] == app_hash


@given(names, codes)
@example("{code}", "123456")
@example("{app}", "123456")
@example("%(code)s{0}\\1$code", "123456")
def test_a_name_is_never_expanded(name: str, code: str) -> None:
    """Even a name that was never checked appears as it is, and so does all the rest."""
    template = MessageTemplate("<{app}> is it; <{code}>; <{app}>")
    assert render(template, name, code) == "<" + name + "> is it; <" + code + ">; <" + name + ">"


def test_a_composed_name_keeps_the_message_in_one_alphabet() -> None:
    """An accent of its own would turn the message to UCS-2; composed it is GSM-7."""
    message = render(MessageTemplate(TEXT), check_app_name("Cafe\u0301"), "123456")
    assert count_segments(message).encoding is Encoding.GSM_7


def test_a_template_checks_what_it_is_built_of() -> None:
    """Wrong parts are refused at the build, so a template can always be filled."""
    with pytest.raises(ValueError, match="must contain"):
        MessageTemplate("no place for it")
    with pytest.raises(ValueError, match="host"):
        MessageTemplate(TEXT, origin_host="https://example.com")
    with pytest.raises(ValueError, match="hash"):
        MessageTemplate(TEXT, android_app_hash="short")
    assert MessageTemplate(TEXT, "EXAMPLE.com").origin_host == "example.com"


def test_a_template_is_a_frozen_value() -> None:
    """Templates are told by what they were built of; the cached ones are the same object."""
    assert repr(MessageTemplate("{code}")) == (
        "MessageTemplate(text='{code}', origin_host=None, android_app_hash=None)"
    )
    with pytest.raises(TypeError):
        MessageTemplate("{code}", None, None, ("other", "parts"))  # type: ignore[call-arg]
    assert MessageTemplate(TEXT) == MessageTemplate(TEXT)
    assert MessageTemplate(TEXT) != MessageTemplate(TEXT, "example.com")
    assert message_template(TEXT, "example.com") is message_template(TEXT, "example.com")
    assert message_template(TEXT, "example.com", HASH) == MessageTemplate(TEXT, "example.com", HASH)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        message_template(TEXT).text = "other {code}"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("message", "fits"),
    [
        ("a" * 140, True),
        ("a" * 141, False),
        ("é" * 70, True),
        ("é" * 71, False),
        ("漢" * 47, False),
    ],
)
def test_android_reads_140_bytes(message: str, fits: bool) -> None:
    """Counted in UTF-8, the strictest reading of Google's rule."""
    assert fits is fits_android_retriever(message)


@pytest.mark.parametrize(
    ("check", "value", "sentence"),
    [
        (check_app_name, None, "The app name must be a str, such as 'MyApp'."),
        (
            check_app_name,
            "\n",
            "The app name must be one line without control or bidirectional characters.",
        ),
        (check_app_name, "", "The app name must have at least one visible character."),
        (
            check_app_name,
            "{",
            "The app name must not contain braces: they mark places in templates.",
        ),
        (
            check_app_name,
            "@example.com",
            (
                "The app name must not contain a word such as @example.com:"
                " phones read it as the website that the code belongs to."
            ),
        ),
        (check_template, None, "A message template must be a str that contains {code}."),
        (
            check_template,
            "x" * 1301,
            "A message template must have at most 1300 characters, with name and code filled in.",
        ),
        (
            check_template,
            "{",
            "A message template may hold {app} and {code}, and no other braces.",
        ),
        (check_template, "", "A message template must contain {code}."),
        (
            check_template,
            "1{code}",
            "In a message template {code} must not touch a digit or another place.",
        ),
        (
            check_template,
            "\x00{code}",
            "A message template must not contain control characters.",
        ),
        (check_origin_host, None, "The origin host must be a str, such as 'example.com'."),
        (
            check_origin_host,
            "",
            (
                "The origin host must be a bare ASCII host name such as 'example.com':"
                " no scheme, port or path, and other scripts in their xn-- form."
            ),
        ),
        (
            check_android_app_hash,
            None,
            "The Android app hash must be a str of 11 characters.",
        ),
        (
            check_android_app_hash,
            "",
            (
                "The Android app hash must be the 11 characters that Google's guide to the"
                " SMS Retriever computes: letters, digits, + and /."
            ),
        ),
    ],
)
def test_what_an_operator_reads(
    check: Callable[[object], str], value: object, sentence: str
) -> None:
    """What is wrong with a setting is told in these words, whole and in one line."""
    with pytest.raises((TypeError, ValueError)) as caught:
        check(value)
    assert str(caught.value) == sentence
