"""Results: frozen objects that also answer as the old dicts did."""

from __future__ import annotations

import json

import attrs
import pytest

from smsverify.domain.error_code import ErrorCode
from smsverify.facade.results import CheckResult, SendResult

RESULTS = [
    SendResult(success=True, message_id="SM1", cost=0.01),
    SendResult(success=False, error_code=ErrorCode.SMS_DISABLED, error="why"),
    CheckResult(success=True),
    CheckResult(success=False, error_code=ErrorCode.INCORRECT_CODE, attempts_left=4),
]


@pytest.mark.parametrize("result", RESULTS, ids=repr)
def test_every_attribute_is_a_key_too(result: SendResult | CheckResult) -> None:
    """Attributes, subscripts, get, dict and JSON tell the same."""
    names = [field.name for field in attrs.fields(type(result))]

    assert list(result) == names
    assert len(result) == len(names)
    assert dict(result) == {name: getattr(result, name) for name in names}
    for name in names:
        assert result[name] == result.get(name) == getattr(result, name)
        assert name in result
    assert json.loads(json.dumps(dict(result))) == dict(result)


@pytest.mark.parametrize("key", ["nonsense", "keys", "get", "__class__", "", 0, None])
def test_nothing_else_is_a_key(key: object) -> None:
    """A method's name or another type is no key."""
    result = RESULTS[0]

    assert key not in result
    assert result.get(key, "default") == "default"  # type: ignore[call-overload]
    with pytest.raises(KeyError):
        result[key]  # type: ignore[index]


def test_an_error_code_is_a_string() -> None:
    """The old way of comparing works, and so does the enum."""
    result = RESULTS[1]

    assert result.get("error_code") == "SMS_DISABLED"
    assert result["error_code"] is ErrorCode.SMS_DISABLED
    assert json.loads(json.dumps(dict(result)))["error_code"] == "SMS_DISABLED"


@pytest.mark.parametrize("result", RESULTS, ids=repr)
def test_results_do_not_change(result: SendResult | CheckResult) -> None:
    """No attribute can be set, and none added; equal ones are equal and hash alike."""
    with pytest.raises(AttributeError):
        result.success = True  # type: ignore[misc]
    with pytest.raises(AttributeError):
        result.more = 1  # type: ignore[union-attr]
    twin = attrs.evolve(result)
    assert twin == result
    assert hash(twin) == hash(result)


def test_a_failed_result_is_not_truthy_by_accident() -> None:
    """A result is never empty: success is asked for by name."""
    assert all(bool(result) for result in RESULTS)
