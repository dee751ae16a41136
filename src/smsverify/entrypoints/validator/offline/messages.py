"""What the message weighs: encoding, segments and price, in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from smsverify import configured
from smsverify.adapters.builtin.prices import ESTIMATES
from smsverify.domain.cost import Tariff, dollars
from smsverify.domain.languages import TEXTS, choose_text
from smsverify.domain.message import fits_android_retriever, message_template, render
from smsverify.domain.segments import Encoding, count_segments
from smsverify.entrypoints.validator.finding import Topic, fine, warning
from smsverify.entrypoints.validator.offline.senders import countries_sent_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation
    from smsverify.settings import Settings

APP_NAME: Final = "Example Company Shop"
"""A name of 20 characters, which most are not longer than."""
_MOST_PRICES: Final = 6


@attrs.frozen
class MessageWeight:
    """
    What a message in one language costs to send.

    Attributes:
        locale: the language's tag.
        encoding: GSM-7 or UCS-2.
        units: characters as they count in that encoding.
        segments: what is billed.
    """

    locale: str
    encoding: Encoding
    units: int
    segments: int


def weights(settings: Settings) -> tuple[MessageWeight, ...]:
    """Weigh the message of each language; only the default one when an own text serves them all."""
    if settings.message_template is not None:
        return (_weigh(settings, settings.default_locale, settings.message_template),)
    return tuple(_weigh(settings, locale, text) for locale, text in sorted(TEXTS.items()))


def messages(situation: Situation) -> Iterator[dict[str, object]]:
    """Give what each language's message takes, with its price by country, ready for JSON."""
    known, countries = tariff(situation.settings), countries_sent_to(situation)
    for one in weights(situation.settings):
        prices = {country: dollars(known.estimate(country, one.segments)) for country in countries}
        yield {**attrs.asdict(one), "dollars": prices}


def price_of_a_message(settings: Settings, country: str) -> int:
    """Return micro-dollars for a message in the default language, by the prices that are known."""
    return tariff(settings).estimate(country, default_weight(settings).segments)


def tariff(settings: Settings) -> Tariff:
    """Return the operator's own prices over the estimates."""
    return Tariff(ESTIMATES).with_prices(configured.prices_of(settings))


def default_weight(settings: Settings) -> MessageWeight:
    """Weigh the message that is sent when no language is asked for."""
    return _weigh(settings, settings.default_locale, _default_text(settings))


def judge_default_message(situation: Situation) -> Iterator[Finding]:
    """Tell what the usual message weighs and costs, and why when it is more than one segment."""
    settings = situation.settings
    weight = default_weight(settings)
    facts = (
        f"{weight.encoding.value}, {weight.units} characters, {_segments(weight.segments)};"
        f" {_price_list(situation, weight.segments)}"
    )
    if weight.segments == 1:
        yield fine(Topic.MESSAGE, f"The message ({settings.default_locale}): {facts}.")
        return
    name = _to_blame(settings)
    yield warning(
        Topic.MESSAGE,
        f"The message takes more than one segment with {name}, and each is billed: {facts}.",
        _shorten(weight, name),
        name,
    )


def judge_languages(situation: Situation) -> Iterator[Finding]:
    """Show what the message of every language takes."""
    settings = situation.settings
    if settings.message_template is not None:
        return
    groups: dict[tuple[int, str], list[str]] = {}
    for one in weights(settings):
        groups.setdefault((one.segments, one.encoding.value), []).append(one.locale)
    for (segments, encoding), locales in sorted(groups.items()):
        weight = f"{_segments(segments).capitalize()} in {encoding}"
        price = _price_list(situation, segments)
        yield fine(Topic.MESSAGE, f"{weight} ({price}): {', '.join(locales)}.")


def judge_android(situation: Situation) -> Iterator[Finding]:
    """Tell when Android would not hand the message to the app."""
    settings = situation.settings
    if settings.android_app_hash is None:
        return
    if not fits_android_retriever(_rendered(settings, _default_text(settings))):
        yield warning(
            Topic.MESSAGE,
            "SMS_ANDROID_APP_HASH has no effect: Android reads messages of at most 140 bytes, and"
            " this one is longer.",
            "SMS_MESSAGE_TEMPLATE={app} code: {code}",
            "SMS_ANDROID_APP_HASH",
        )


def judge_template(situation: Situation) -> Iterator[Finding]:
    """Tell of a text that does not say whose code it is."""
    template = situation.settings.message_template
    if template is not None and "{app}" not in template:
        yield warning(
            Topic.MESSAGE,
            "SMS_MESSAGE_TEMPLATE does not contain {app}, so people can't see whose code it is.",
            "SMS_MESSAGE_TEMPLATE={app}: your code is {code}",
            "SMS_MESSAGE_TEMPLATE",
        )


def judge_locale(situation: Situation) -> Iterator[Finding]:
    """Tell of a default language that nobody wrote a text for."""
    settings = situation.settings
    locale = settings.default_locale
    if settings.message_template is None and not choose_text(locale, {}, ""):
        yield warning(
            Topic.MESSAGE,
            f"There is no text in the language of SMS_DEFAULT_LOCALE={locale}: English is sent.",
            "SMS_DEFAULT_LOCALE=en",
            "SMS_DEFAULT_LOCALE",
        )


def _default_text(settings: Settings) -> str:
    if settings.message_template is not None:
        return settings.message_template
    return choose_text(settings.default_locale, {}, TEXTS["en"])


def _rendered(settings: Settings, text: str, *, last_line: bool = True) -> str:
    host, app_hash = settings.origin_host, settings.android_app_hash
    template = message_template(text, host, app_hash) if last_line else message_template(text)
    return render(template, APP_NAME, "0" * settings.code_length)


def _weigh(settings: Settings, locale: str, text: str) -> MessageWeight:
    counted = count_segments(_rendered(settings, text))
    return MessageWeight(locale, counted.encoding, counted.units, counted.segments)


def _to_blame(settings: Settings) -> str:
    """Return the setting without which one segment would do, or which makes the text."""
    text = _default_text(settings)
    if count_segments(_rendered(settings, text, last_line=False)).segments == 1:
        return "SMS_ORIGIN_HOST" if settings.origin_host else "SMS_ANDROID_APP_HASH"
    return "SMS_MESSAGE_TEMPLATE" if settings.message_template else "SMS_DEFAULT_LOCALE"


def _shorten(weight: MessageWeight, name: str) -> str:
    if weight.encoding is Encoding.UCS_2:
        return f"Shorten {name} to 70 characters in all, or write it without letters like č or —."
    return f"Shorten the message to 160 characters in all, or take {name} out."


def _segments(number: int) -> str:
    return "one segment" if number == 1 else f"{number} segments"


def _price_list(situation: Situation, segments: int) -> str:
    known, countries = tariff(situation.settings), countries_sent_to(situation)
    shown = countries[:_MOST_PRICES]
    priced = [f"${dollars(known.estimate(one, segments)):g} to {one}" for one in shown]
    more = len(countries) - len(priced)
    return ", ".join(priced) + (f" and so on for {more} more countries" if more else "")
