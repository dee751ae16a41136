"""Every code has its sentences; strangers can't tell wrong, expired and unknown apart."""

from __future__ import annotations

import itertools
import string

import pytest

from smsverify.domain.delivery import FailureReason
from smsverify.domain.error_code import ErrorCode
from smsverify.facade.wording import (
    PUBLIC_CHECK,
    PUBLIC_SEND,
    REASONS,
    SENTENCES,
    UNKNOWN_SENTENCE,
    public_check_sentence,
    public_send_sentence,
)

FILLED = {"missing", "rule", "digits"}
ALL_PUBLIC = {
    *map(public_send_sentence, ErrorCode),
    *map(public_check_sentence, ErrorCode),
}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_sentence(code: ErrorCode) -> None:
    """The developer's sentence says something whole, with places that the facade fills."""
    sentence = SENTENCES[code]
    places = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    assert sentence.endswith(".")
    assert places <= FILLED


@pytest.mark.parametrize("sentence", [*SENTENCES.values(), *REASONS.values(), UNKNOWN_SENTENCE])
def test_sentences_are_plain_text(sentence: str) -> None:
    """One line, no doubled spaces, no missing space between two parts of a literal."""
    assert "\n" not in sentence
    assert "  " not in sentence
    assert ". " in sentence or sentence.count(".") >= 1
    assert not any(one == "." and other.isupper() for one, other in itertools.pairwise(sentence))


def test_a_stranger_learns_nothing_from_a_check() -> None:
    """Wrong, expired, unknown, malformed: one and the same sentence."""
    alike = (
        ErrorCode.INCORRECT_CODE,
        ErrorCode.CODE_EXPIRED,
        ErrorCode.NO_PENDING_VERIFICATION,
        ErrorCode.INVALID_CODE_FORMAT,
        ErrorCode.INVALID_PHONE_FORMAT,
    )

    assert len({public_check_sentence(code) for code in alike}) == 1


@pytest.mark.parametrize("sentence", sorted(ALL_PUBLIC))
def test_public_sentences_name_nothing_of_ours(sentence: str) -> None:
    """No variable, no provider, no store, no ceiling in what strangers read."""
    for word in ("SMS_", "TWILIO", "Twilio", "Redis", "REDIS", "store", "ceiling", "limit", "{"):
        assert word not in sentence
    assert sentence.endswith(".")


def test_only_known_codes_have_words_of_their_own() -> None:
    """The tables hold codes and reasons that exist."""
    assert set(PUBLIC_SEND) <= set(ErrorCode)
    assert set(PUBLIC_CHECK) <= set(ErrorCode)
    assert set(REASONS) <= set(FailureReason)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (ErrorCode.SMS_DISABLED, ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SIMULATION_MODE"]),
        (ErrorCode.REDIS_UNAVAILABLE, ["REDIS_URL"]),
        (ErrorCode.STORE_UNAVAILABLE, ["SMS_STORE", "SMS_SQLITE_PATH"]),
        (ErrorCode.DAILY_COST_LIMIT_EXCEEDED, ["SMS_DAILY_COST_LIMIT", "SMS_COUNTRY_COST_LIMITS"]),
        (ErrorCode.STORE_DATA_INVALID, ["SMS_KEY_PREFIX"]),
    ],
)
def test_a_sentence_names_what_to_set(code: ErrorCode, names: list[str]) -> None:
    """Where a setting is the cure, it is named."""
    assert all(name in SENTENCES[code] for name in names)
