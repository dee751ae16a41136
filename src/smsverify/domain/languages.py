"""
The message in many languages, and which one a locale gets.

Each text with a name of 20 characters and a code of 10 digits is one segment: 160 characters where
GSM-7 can spell the language, 70 where it cannot. Where a natural wording without letters outside
GSM-7 exists it was taken, because the line that binds the code to a website then still fits.
"""

from __future__ import annotations

import functools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_LOCALE_LENGTH: Final = 35
"""Characters that a language tag may need (RFC 5646, 4.4.1)."""

TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ar": "رمز التحقق في {app} هو {code}. لا تشاركه مع أحد.",
        "bg": "{app}: кодът е {code}. Не го давайте на никого.",
        "bn": "{app}: যাচাই কোড {code}। কাউকে জানাবেন না।",
        "bs": "{app}: kod za potvrdu je {code}. Ne dijelite ga ni s kim.",
        "ca": "{app}: el teu codi és {code}. No el comparteixis amb altres persones.",
        "cs": "{app}: ověřovací kód {code}. Nikomu ho nesdělujte.",
        "da": "{app}: din bekræftelseskode er {code}. Del den ikke med nogen.",
        "de": "{app}: Ihr Bestätigungscode lautet {code}. Geben Sie ihn nicht weiter.",
        "el": "{app}: κωδικός {code}. Μην τον δώσετε πουθενά.",
        "en": "{app}: your verification code is {code}. Do not share it with anyone.",
        "es": "{app}: tu clave es {code}. No la compartas con nadie.",
        "et": "{app}: teie kinnituskood on {code}. Ärge jagage seda kellegagi.",
        "fa": "کد تأیید {app}: {code}. آن را به کسی ندهید.",
        "fi": "{app}: vahvistuskoodisi on {code}. Älä kerro sitä kenellekään.",
        "fil": "{app}: ang iyong verification code ay {code}. Huwag itong ibahagi kaninuman.",
        "fr": "{app} : votre code de vérification est {code}. Ne le donnez à personne.",
        "he": "קוד האימות של {app} הוא {code}. אין לשתף אותו.",
        "hi": "{app}: सत्यापन कोड {code} है। किसी को न बताएं।",
        "hr": "{app}: kod za potvrdu je {code}. Ne dijelite ga ni s kim.",
        "hu": "{app} ellenőrző kód: {code}. Ne adja ki senkinek.",
        "id": "{app}: kode verifikasi Anda {code}. Jangan berikan kepada siapa pun.",
        "it": "{app}: il tuo codice di verifica è {code}. Non comunicarlo a nessuno.",
        "ja": "{app}: 認証コードは{code}です。他人に教えないでください。",
        "ko": "{app}: 인증번호는 {code}입니다. 타인에게 알려주지 마세요.",
        "lt": "{app}: patvirtinimo kodas {code}. Niekam jo nesakykite.",
        "lv": "{app}: kods ir {code}. Nevienam to neizpaudiet.",
        "ms": "{app}: kod pengesahan anda ialah {code}. Jangan kongsi dengan sesiapa.",
        "nb": "{app}: bekreftelseskoden din er {code}. Ikke del den med noen.",
        "nl": "{app}: je verificatiecode is {code}. Deel deze met niemand.",
        "pl": "{app}: kod weryfikacyjny to {code}. Nikomu go nie podawaj.",
        "pt": "{app}: use {code} para confirmar seu telefone. Nunca envie a ninguém.",
        "pt-PT": "{app}: use {code} para confirmar o seu telefone. Nunca o envie a ninguém.",
        "ro": "{app}: codul de verificare este {code}. Nu trimite codul altor persoane.",
        "ru": "{app}: ваш код {code}. Никому его не сообщайте.",
        "sk": "{app}: overovací kód {code}. Nikomu ho neprezraďte.",
        "sl": "{app}: koda za potrditev je {code}. Ne delite je z nikomer.",
        "sr": "{app}: ваш код је {code}. Не делите га ни са ким.",
        "sr-Latn": "{app}: kod za potvrdu je {code}. Ne delite ga ni sa kim.",
        "sv": "{app}: din verifieringskod är {code}. Dela den inte med någon.",
        "sw": "{app}: nambari yako ya kuthibitisha ni {code}. Usimpe mtu yeyote.",
        "th": "{app}: รหัสยืนยันคือ {code} ห้ามบอกผู้อื่น",
        "tr": "{app}: onay kodunuz {code}. Bunu kimseye vermeyin.",
        "uk": "{app}: ваш код {code}. Нікому його не кажіть.",
        "ur": "تصدیقی کوڈ برائے {app}: {code}۔ کسی کو نہ بتائیں۔",
        "vi": "{app}: mã xác minh là {code}. Không chia sẻ mã này.",
        "zh": "{app}：验证码 {code}，请勿告知他人。",
        "zh-Hant": "{app}：驗證碼 {code}，請勿告訴他人。",
    }
)
"""
Templates by language tag (BCP 47). Texts of scripts that run from right to left begin with a word
of the script, because the first strong letter sets the direction of the line.
"""

DEFAULT_TEXT: Final = TEXTS["en"]

_SAME_LANGUAGE: Final = {
    "cmn": "zh",
    "in": "id",
    "iw": "he",
    "mo": "ro",
    "nn": "nb",
    "no": "nb",
    "pt-AO": "pt-PT",
    "pt-CV": "pt-PT",
    "pt-GW": "pt-PT",
    "pt-MZ": "pt-PT",
    "pt-TL": "pt-PT",
    "sh": "sr-Latn",
    "sr-ME": "sr-Latn",
    "tl": "fil",
    "yue": "zh-Hant",
    "zh-HK": "zh-Hant",
    "zh-MO": "zh-Hant",
    "zh-TW": "zh-Hant",
}
"""
Tags that share another tag's text: retired codes, and regions whose script or spelling is not their
language's first one (CLDR's likely subtags and parent locales).
"""

_LANGUAGE_TAG: Final = re.compile(
    r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?((?:-[a-z0-9]{1,8})*)",
    # ASCII, or "i" would let the Kelvin sign pass for a k.
    re.IGNORECASE | re.ASCII,
)


def check_locale(locale: object) -> str | None:
    """
    Return a locale as a language tag in its usual case: ``pt_br`` gives ``pt-BR``.

    ``None`` stays ``None``: no wish. A language nobody wrote a text for is no mistake.

    Raises:
        TypeError: it is neither a ``str`` nor ``None``.
        ValueError: it does not have the form of a language tag (RFC 5646), or has more than 35
            characters.
    """
    if locale is None:
        return None
    if not isinstance(locale, str):
        raise TypeError("The locale must be a str such as 'pt-BR', or None.")
    tag = locale.replace("_", "-") if len(locale) <= MAX_LOCALE_LENGTH else ""
    found = _LANGUAGE_TAG.fullmatch(tag)
    if found is None:
        raise ValueError("The locale must be a language tag such as 'pt', 'pt-BR' or 'zh-Hant-TW'.")
    language, script, region, rest = found.groups()
    parts = [language.lower(), (script or "").title(), (region or "").upper()]
    return "-".join(part for part in parts if part) + rest.lower()


def choose_text(locale: str | None, overrides: Mapping[str, str], default: str) -> str:
    """
    Return the template for a locale, dropping its last part until one is found.

    ``pt-BR`` takes the override for ``pt-BR``, else for ``pt``, else the text for ``pt-BR``, else
    for ``pt``, else the default (RFC 4647, 3.4). So an operator's words always win.

    Args:
        locale: ``None``, or a locale in any form that :func:`check_locale` takes.
        overrides: the operator's own templates, by tags as :func:`check_locale` returns them.
        default: the template for no locale, and for a language without a text.

    Raises:
        ValueError: the locale is no language tag.
    """
    if locale is None:
        return default
    tags = _lookup(locale)
    for texts in (overrides, TEXTS):
        for tag in tags:
            if tag in texts:
                return texts[tag]
    return default


@functools.lru_cache(maxsize=256)
def _lookup(locale: str) -> tuple[str, ...]:
    """Return the tags to look for, most special first."""
    return tuple(_ancestry(check_locale(locale) or ""))


def _ancestry(tag: str) -> Iterator[str]:
    while tag:
        yield tag
        if tag in _SAME_LANGUAGE:
            yield _SAME_LANGUAGE[tag]
        tag = tag.rpartition("-")[0]
