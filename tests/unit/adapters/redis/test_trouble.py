"""What a caller is told of trouble, and what is worth another try."""

from __future__ import annotations

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from smsverify.adapters.redis.deployment import Address
from smsverify.adapters.redis.trouble import (
    SENTENCES,
    USELESS_TO_REPEAT,
    NotSent,
    Refused,
    ReplyLost,
    error_word,
    is_worth_repeating,
    store_error,
)
from smsverify.domain.error_code import ErrorCode
from smsverify.errors import StoreDataInvalid, StoreUnavailable

HERE = Address("redis.example", 6379)

# What servers say, in their words, and the word that it goes by here.
SAID = {
    "OOM command not allowed when used memory > 'maxmemory'. script: 1, on @user_script:9.": "OOM",
    "NOAUTH Authentication required.": "NOAUTH",
    "WRONGPASS invalid username-password pair or user is disabled.": "WRONGPASS",
    "ERR invalid password": "WRONGPASS",
    "ERR AUTH <password> called without any password configured for the default user. Are you "
    "sure your configuration is correct?": "WRONGPASS",
    "NOPERM User a has no permissions to run the 'evalsha' command": "NOPERM",
    "READONLY You can't write against a read only replica.": "READONLY",
    "MISCONF Redis is configured to save RDB snapshots": "MISCONF",
    "NOREPLICAS Not enough good replicas to write.": "NOREPLICAS",
    "LOADING Redis is loading the dataset in memory": "LOADING",
    "BUSY Redis is busy running a script.": "BUSY",
    "CLUSTERDOWN Hash slot not served": "CLUSTERDOWN",
    "MASTERDOWN Link with MASTER is down": "MASTERDOWN",
    "TRYAGAIN Multiple keys request during rehashing of slot": "TRYAGAIN",
    "NOSCRIPT No matching script.": "NOSCRIPT",
    "WRONGTYPE Operation against a key": "WRONGTYPE",
    "ERR unknown command": "ERR",
    "strange words": "ERR",
    "": "ERR",
    "ERR max number of clients reached": "",
}


@pytest.mark.parametrize(("said", "word"), SAID.items())
def test_a_servers_error_goes_by_its_first_word(said: str, word: str) -> None:
    """Whether redis-py knows the word and takes it off, or leaves it where it is."""
    assert error_word(BaseParser.parse_error(said)) == word


@pytest.mark.parametrize(
    "error",
    [
        None,
        TimeoutError(),
        OSError("OOM"),
        RedisConnectionError("LOADED with wishes"),
        RedisTimeoutError("no connection within 1 s"),
    ],
)
def test_trouble_with_the_connection_has_no_word(error: BaseException | None) -> None:
    """However its message begins."""
    assert error_word(error) == ""


@pytest.mark.parametrize("word", sorted(set(SAID.values()) - {"", "WRONGTYPE", "ERR"}))
def test_every_word_has_a_sentence(word: str) -> None:
    """It names Redis, and says what to do."""
    (said,) = [said for said, of in SAID.items() if of == word][:1]

    error = store_error(Refused(BaseParser.parse_error(said), HERE, 0))

    assert isinstance(error, StoreUnavailable)
    assert error.code is ErrorCode.REDIS_UNAVAILABLE
    assert str(error) == SENTENCES[word]
    assert "Redis" in SENTENCES[word]
    assert SENTENCES[word].count(".") >= 2
    assert SENTENCES[word].endswith(".")


def test_an_unknown_word_is_named() -> None:
    """So that it can be looked up."""
    error = store_error(Refused(BaseParser.parse_error("STRANGE new trouble"), HERE, 0))

    assert "(STRANGE)" in str(error)


def test_a_wrong_type_is_no_outage() -> None:
    """Waiting does not mend it."""
    trouble = Refused(BaseParser.parse_error("WRONGTYPE Operation"), HERE, 0)

    assert isinstance(store_error(trouble), StoreDataInvalid)
    assert not is_worth_repeating(trouble, also_if_executed=True)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (
            RedisConnectionError("Error 111 connecting to h:1. Connect call failed."),
            "Redis connection failed: Error 111 connecting to h:1. Connect call failed (redis.exam",
        ),
        (TimeoutError(), "Redis connection failed: the server did not answer in time ("),
        (RedisTimeoutError("no connection within 1 s"), "no connection within 1 s"),
        (RedisConnectionError(""), "Redis connection failed: the connection broke ("),
        (None, "Redis connection failed: "),
    ],
)
def test_a_failed_connection_says_where_and_what_to_do(
    cause: BaseException | None, told: str
) -> None:
    """The sentence begins with the words that people search for."""
    error = store_error(NotSent(cause, HERE, 0))

    assert told in str(error)
    assert str(error).startswith("Redis connection failed: ")
    assert "REDIS_URL" in str(error)
    assert error.__cause__ is cause


def test_without_a_server_none_is_named() -> None:
    """When not even the sentinels answered."""
    assert "(" not in str(store_error(NotSent(RedisConnectionError("x"), None, 0)))


def test_a_long_message_is_cut() -> None:
    """A sentence stays one."""
    error = store_error(NotSent(RedisConnectionError("x\ny " * 1_000), HERE, 0))

    assert len(str(error)) < 400
    assert "\n" not in str(error)


@pytest.mark.parametrize("also_if_executed", [True, False])
@pytest.mark.parametrize(("said", "word"), SAID.items())
def test_a_refusal_is_repeated_if_that_may_help(
    said: str, word: str, also_if_executed: bool
) -> None:
    """Nothing was executed, so anything may be said again."""
    trouble = Refused(BaseParser.parse_error(said), HERE, 0)

    worth = is_worth_repeating(trouble, also_if_executed=also_if_executed)

    assert worth == (word not in USELESS_TO_REPEAT)


@pytest.mark.parametrize("also_if_executed", [True, False])
def test_a_lost_reply_is_repeated_only_if_it_does_no_harm(also_if_executed: bool) -> None:
    """What was never sent may always be sent again."""
    cause = RedisConnectionError("Connection closed by server.")

    lost = is_worth_repeating(ReplyLost(cause, HERE, 0), also_if_executed=also_if_executed)
    unsent = is_worth_repeating(NotSent(cause, HERE, 0), also_if_executed=also_if_executed)

    assert lost is also_if_executed
    assert unsent is True
