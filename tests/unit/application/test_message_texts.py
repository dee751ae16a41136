"""Which text a message has, and how many segments it takes."""

from __future__ import annotations

import pytest

from smsverify.application.message_texts import MessageTexts
from smsverify.domain.languages import TEXTS
from smsverify.domain.segments import count_segments

TEXT = "{app}: {code}"


def test_the_language_asked_for() -> None:
    """A locale gets its own text, an unknown one and none at all the default."""
    texts = MessageTexts(default=TEXTS["en"], overrides={})

    for locale, language in {"de": "de", "pt-BR": "pt", "tlh": "en", None: "en"}.items():
        render, _ = texts.choose(locale, "MyApp")
        expected = TEXTS[language].replace("{app}", "MyApp").replace("{code}", "123456")
        if locale != "pt-BR":
            assert render("123456") == expected
        assert "123456" in render("123456")


def test_the_operators_words_come_first() -> None:
    """An own text for a language beats the built-in one; one for all beats both."""
    texts = MessageTexts(default=TEXTS["en"], overrides={"de": "Hallo {app} {code}"})
    assert texts.choose("de", "A")[0]("123456") == "Hallo A 123456"
    assert texts.choose("fr", "A")[0]("123456") == TEXTS["fr"].format(app="A", code="123456")

    only = MessageTexts(default=TEXTS["en"], overrides={"de": "Hallo {code}"}, only=TEXT)
    assert only.choose("de", "A")[0]("123456") == "A: 123456"


def test_the_last_line() -> None:
    """Host and app hash follow the text."""
    texts = MessageTexts(
        default=TEXT, overrides={}, origin_host="example.com", android_app_hash="FA+9qCX9VSu"
    )

    assert texts.choose(None, "A")[0]("123456") == "A: 123456\n@example.com #123456 FA+9qCX9VSu"


@pytest.mark.parametrize("digits", [6, 10])
@pytest.mark.parametrize("app", ["MyApp", "Ключ", "€uro", "x" * 30])
def test_segments_are_those_of_the_text(app: str, digits: int) -> None:
    """What is charged is what the rendered text takes, with codes of the length in force."""
    texts = MessageTexts(default="{app} " + "y" * 117 + " {code}", overrides={}, digits=digits)

    render, segments = texts.choose(None, app)

    assert segments == count_segments(render("1" * digits)).segments


def test_one_digit_can_make_a_segment() -> None:
    """Codes have six digits; longer ones are counted as such: 161 characters are two messages."""
    text = "y" * 153 + " {code}"

    assert MessageTexts(default=text, overrides={}).choose(None, "A")[1] == 1
    assert MessageTexts(default=text, overrides={}, digits=7).choose(None, "A")[1] == 2
