"""What can become of a command other than the script's reply, and what the user is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.domain.error_code import ErrorCode
from smsverify.errors import StoreDataInvalid, StoreUnavailable

if TYPE_CHECKING:
    from typing import Final

    from smsverify.adapters.redis.deployment import Address
    from smsverify.errors import StoreError


class Trouble(Exception):
    """
    No reply of the script came; ``__cause__`` says why.

    Attributes:
        address: the server, None when none was found.
        deadline: until when the command may be repeated, by the event loop's clock.
    """

    def __init__(
        self, cause: BaseException | None, address: Address | None, deadline: float
    ) -> None:
        super().__init__()
        self.__cause__ = cause
        self.address = address
        self.deadline = deadline


class NotSent(Trouble):
    """Nothing of the command reached a server."""


class Refused(Trouble):
    """A server answered with an error and executed nothing."""


class ReplyLost(Trouble):
    """The command was sent, and whether it was executed is unknown."""


SENTENCES: Final[dict[str, str]] = {
    "OOM": "Redis is out of memory and refuses to write. Raise its maxmemory, or remove data that "
    "is not needed; keep maxmemory-policy at noeviction.",
    "NOAUTH": "Redis asks for a password that REDIS_URL does not have. Add it, as in "
    "redis://user:password@host:6379/0.",
    "WRONGPASS": "Redis refuses the user name or the password in REDIS_URL. Correct them; special "
    "characters are percent-encoded.",
    "NOPERM": "The Redis user in REDIS_URL lacks a right. It needs the categories @read, @write "
    "and @scripting and the command TIME, for all keys that begin with SMS_KEY_PREFIX in braces.",
    "READONLY": "The Redis server is a replica and takes no writes. Point REDIS_URL at its "
    "primary, or use redis+sentinel:// or redis+cluster://.",
    "MISCONF": "Redis can't save its data and refuses to write. Read its log and mend its disk.",
    "NOREPLICAS": "Redis has fewer replicas in step than its min-replicas-to-write asks for, and "
    "refuses to write. Bring its replicas back.",
    "LOADING": "Redis is still loading its data. Try again when it has finished.",
    "BUSY": "Redis is held up by a script. Find out whose it is; SCRIPT KILL ends it.",
    "CLUSTERDOWN": "The Redis Cluster is down. Look at CLUSTER INFO on its nodes.",
    "MASTERDOWN": "The Redis server is a replica that lost its primary. Bring the primary back.",
    "TRYAGAIN": "The Redis Cluster is moving our keys to another node. Try again in a while.",
    "NOSCRIPT": "Redis did not know our script, as after a restart or a failover, and did not take "
    "it in time. Try again; if it lasts, find out who runs SCRIPT FLUSH.",
}
"""By the first word of a server's error: what is the matter, and what mends it."""

USELESS_TO_REPEAT: Final = frozenset(
    {"OOM", "NOAUTH", "WRONGPASS", "NOPERM", "MISCONF", "ERR", "WRONGTYPE"}
)
"""Errors that the next two seconds won't change; all others are worth another try."""

SAID_BY_NO_PRIMARY: Final = frozenset({"READONLY", "MASTERDOWN", "CLUSTERDOWN", "LOADING"})
"""Errors after which it is worth asking anew who the primary is."""

LONGEST_CAUSE: Final = 200
"""Characters of a system's message that a sentence repeats."""


def error_word(error: BaseException | None) -> str:
    """Return the first word of a server's error, such as ``OOM``; empty for any other trouble."""
    if not isinstance(error, RedisError):
        return ""
    # redis-py takes the word off the errors that it knows, and leaves it on the others.
    word = error.status_code or str(error).partition(" ")[0]
    if isinstance(error, AuthenticationError):
        return "NOAUTH" if word == "NOAUTH" else "WRONGPASS"
    if isinstance(error, ResponseError):
        return word if word.isalpha() and word.isupper() else "ERR"
    # The others tell of the connection, whatever their words, but for that of a loading server.
    return word if word == "LOADING" else ""


def is_worth_repeating(trouble: Trouble, *, also_if_executed: bool) -> bool:
    """Say whether another try may do better, and does no harm."""
    if isinstance(trouble, ReplyLost) and not also_if_executed:
        return False
    return error_word(trouble.__cause__) not in USELESS_TO_REPEAT


class StoreClosed(RedisConnectionError):
    """The program itself closed the store while something was under way."""


def store_error(trouble: Trouble) -> StoreError:
    """Return what the caller of the store is told, with the trouble's cause as its own."""
    cause = trouble.__cause__
    word = error_word(cause)
    error: StoreError
    if word == "WRONGTYPE":
        error = data_invalid("one of our keys")
    elif isinstance(cause, StoreClosed):
        sentence = "The store was closed while this was under way. Close it after the last call."
        error = StoreUnavailable(sentence, code=ErrorCode.REDIS_UNAVAILABLE)
    elif word:
        sentence = SENTENCES.get(word, f"Redis refuses our script ({word}). Read its log.")
        error = StoreUnavailable(sentence, code=ErrorCode.REDIS_UNAVAILABLE)
    else:
        place = "" if trouble.address is None else f" ({trouble.address})"
        sentence = (
            f"Redis connection failed: {_told_by(cause)}{place}. Check that the server at "
            "REDIS_URL runs and can be reached from here."
        )
        error = StoreUnavailable(sentence, code=ErrorCode.REDIS_UNAVAILABLE)
    error.__cause__ = cause
    return error


def data_invalid(where: str) -> StoreDataInvalid:
    """Return the error for something at a key that is not ours; ``where`` names the key."""
    return StoreDataInvalid(
        f"Something that smsverify did not write lies at {where} in Redis. Nothing was changed. "
        "Look at it with TYPE and move it away, or set another SMS_KEY_PREFIX."
    )


def _told_by(cause: BaseException | None) -> str:
    """Return what is said of a connection; a password is never in it."""
    if isinstance(cause, TimeoutError):
        return "the server did not answer in time"
    told = " ".join(str(cause).split())
    return told[:LONGEST_CAUSE].rstrip(" .:") or "the connection broke"
