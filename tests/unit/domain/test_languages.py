"""The message in many languages: each is one segment, and a locale finds its own."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.languages import DEFAULT_TEXT, TEXTS, check_locale, choose_text
from smsverify.domain.message import (
    check_template,
    fits_android_retriever,
    message_template,
    render,
)
from smsverify.domain.segments import Encoding, count_segments

NAME = "N" * 20
GSM_7_LANGUAGES = {
    *("bs", "ca", "da", "de", "en", "es", "et", "fi", "fil", "fr", "hr", "id", "it", "lt", "lv"),
    *("ms", "nb", "nl", "pl", "pt", "pt-PT", "ro", "sl", "sr-Latn", "sv", "sw", "tr"),
}
RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def test_there_are_languages_enough() -> None:
    """At least 24, with the default among them, and nobody can change them."""
    assert len(TEXTS) >= 24
    assert TEXTS["en"] == DEFAULT_TEXT
    with pytest.raises(TypeError):
        TEXTS["en"] = "other"  # type: ignore[index]


@pytest.mark.parametrize("tag", sorted(TEXTS))
def test_each_text_is_a_template_under_its_own_tag(tag: str) -> None:
    """Texts pass the check as they stand, and hold name and code once; tags are in usual case."""
    assert check_template(TEXTS[tag]) == TEXTS[tag]
    assert TEXTS[tag].count("{app}") == TEXTS[tag].count("{code}") == 1
    assert check_locale(tag) == tag


@pytest.mark.parametrize("tag", sorted(TEXTS))
@pytest.mark.parametrize("digits", [6, 10])
def test_each_text_is_one_segment(tag: str, digits: int) -> None:
    """A name of 20 characters and even the longest code cost the price of one segment."""
    counted = count_segments(render(message_template(TEXTS[tag]), NAME, "1" * digits))
    assert counted.segments == 1


@pytest.mark.parametrize("tag", sorted(TEXTS))
def test_languages_that_gsm_7_can_spell_are_spelled_in_it(tag: str) -> None:
    """These texts hold no letter outside GSM-7: one such letter would cost over half the room."""
    counted = count_segments(render(message_template(TEXTS[tag]), NAME, "123456"))
    assert (counted.encoding is Encoding.GSM_7) == (tag in GSM_7_LANGUAGES)


@pytest.mark.parametrize("tag", sorted(GSM_7_LANGUAGES))
def test_gsm_7_texts_have_room_for_the_last_line(tag: str) -> None:
    """With a host of 20 characters they stay one segment, and with the hash Android reads them."""
    host = "login.example-co.com"
    whole = render(message_template(TEXTS[tag], host, "FA+9qCX9VSu"), NAME, "123456")
    assert count_segments(whole).segments == 1
    hash_only = render(message_template(TEXTS[tag], None, "FA+9qCX9VSu"), NAME, "123456")
    assert fits_android_retriever(hash_only)


@pytest.mark.parametrize("tag", sorted(TEXTS))
def test_lines_run_in_the_direction_of_their_script(tag: str) -> None:
    """The first strong letter, with a Latin name, sets the direction of the whole line."""
    message = render(message_template(TEXTS[tag]), NAME, "123456")
    kinds = (unicodedata.bidirectional(character) for character in message)
    first = next(kind for kind in kinds if kind in {"L", "R", "AL"})
    assert (first != "L") == (tag in RIGHT_TO_LEFT)


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        (None, None),
        ("de", "de"),
        ("DE", "de"),
        ("pt_br", "pt-BR"),
        ("PT-br", "pt-BR"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("ZH-HANS", "zh-Hans"),
        ("es-419", "es-419"),
        ("fil_PH", "fil-PH"),
        ("ca-ES-VALENCIA", "ca-ES-valencia"),
        ("de-1996", "de-1996"),
        ("en-US-u-hc-h12", "en-US-u-hc-h12"),
        ("de" + "-abcdefgh" * 3 + "-abcde", "de" + "-abcdefgh" * 3 + "-abcde"),  # 35 characters
    ],
)
def test_locales_get_their_usual_case(locale: str | None, tag: str | None) -> None:
    """Hyphen or underscore, any case."""
    assert tag == check_locale(locale)


@pytest.mark.parametrize(
    "locale",
    [
        "",
        " ",
        "e",
        "C",
        "english",
        "en-",
        "-en",
        "en--US",
        "en US",
        "en.UTF-8",
        "en_US.UTF-8",
        "en-US\n",
        "en-USAUSAUSA",
        "\u212ao",
        "\u017fv",
        "\uff45\uff4e",
        "../de",
        "de" + "-abcdefgh" * 3 + "-abcdef",  # 36 characters
        "x" * 2**20,
    ],
)
def test_what_is_no_language_tag_is_refused(locale: str) -> None:
    """Not even letters that lower-case to ASCII ones pass."""
    with pytest.raises(ValueError, match="language tag") as caught:
        check_locale(locale)
    assert str(caught.value) == (
        "The locale must be a language tag such as 'pt', 'pt-BR' or 'zh-Hant-TW'."
    )


@pytest.mark.parametrize("locale", [7, b"de", ["de"], object()])
def test_a_locale_is_text(locale: object) -> None:
    """Anything but a str or None is a programming mistake."""
    with pytest.raises(TypeError, match="locale must be a str") as caught:
        check_locale(locale)
    assert str(caught.value) == "The locale must be a str such as 'pt-BR', or None."


@given(
    st.text(st.sampled_from(string.ascii_letters + string.digits + "-_"), max_size=40) | st.text()
)
def test_locales_are_taken_or_refused_and_settle(locale: str) -> None:
    """A taken locale stays as it is, and some text is always chosen for it."""
    try:
        tag = check_locale(locale)
    except ValueError:
        return
    assert check_locale(tag) == tag
    assert choose_text(locale, {}, "d {code}") == choose_text(tag, {}, "d {code}")
    assert choose_text(tag, {}, "d {code}") in {*TEXTS.values(), "d {code}"}


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("pt-BR", "pt"),
        ("pt-PT", "pt-PT"),
        ("pt-AO", "pt-PT"),
        ("es-419", "es"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh-Hans-SG", "zh"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"),
        ("sr", "sr"),
        ("sr-Latn-RS", "sr-Latn"),
        ("sr-ME", "sr-Latn"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("iw-IL", "he"),
        ("in", "id"),
        ("tl-PH", "fil"),
        ("en-US-u-hc-h12", "en"),
        ("pt_br", "pt"),
    ],
)
def test_a_locale_falls_back_to_its_language(locale: str, tag: str) -> None:
    """The last part is dropped until there is a text; scripts and old codes find the right one."""
    assert TEXTS[tag] == choose_text(locale, {}, "default {code}")


@pytest.mark.parametrize("locale", [None, "eo", "zu-ZA", "qaa"])
def test_no_wish_or_an_unknown_language_gets_the_default(locale: str | None) -> None:
    """The default is the operator's, not ours."""
    assert choose_text(locale, {}, "default {code}") == "default {code}"


def test_the_operators_words_win() -> None:
    """An override for the language wins over our text for the region, and nothing else changes."""
    overrides = {"pt": "o {code}", "de-AT": "oe {code}", "eo": "eo {code}", "zh-Hant": "zh {code}"}
    assert choose_text("pt-PT", overrides, "d") == "o {code}"
    assert choose_text("de-AT", overrides, "d") == "oe {code}"
    assert choose_text("de-CH", overrides, "d") == TEXTS["de"]
    assert choose_text("eo", overrides, "d") == "eo {code}"
    assert choose_text("zh-TW", overrides, "d") == "zh {code}"
    assert choose_text(None, overrides, "d") == "d"


def test_a_wrong_locale_is_not_taken_for_an_unknown_one() -> None:
    """A slip is told, also where the text is chosen."""
    with pytest.raises(ValueError, match="language tag"):
        choose_text("english", {}, "d")
