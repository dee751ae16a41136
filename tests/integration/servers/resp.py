"""
The wire format of Redis, as far as the tests need it.

A relay has to know where one command or reply ends (`Splitter`), and a test that acts on a server
has to say a command and read the answer (`encode`, `decode`). RESP2 and RESP3 are both understood;
streamed strings and inline commands are not, since no client of ours sends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Reply: TypeAlias = "bytes | int | list[Reply] | ServerRefusal | None"

_SIZED = b"$=!"
_PLAIN = b"+-:_,#("
_CHILDREN = {b"*": (1, 0), b"~": (1, 0), b">": (1, 0), b"%": (2, 0), b"|": (2, 1)}


class ProtocolError(ValueError):
    """The bytes are no RESP; the connection can only be passed on as it is."""


class ServerRefusal(Exception):
    """The server answered with an error; the text is the server's."""


class Splitter:
    """Cuts a stream of bytes into whole RESP values, whatever pieces it arrives in."""

    def __init__(self) -> None:
        self.rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """
        Give, one by one, the values that are complete with this data, as the bytes they came in.

        Raises:
            ProtocolError: What follows is no RESP; it stays in `rest`.
        """
        self.rest += data
        while (end := value_end(self.rest, 0)) is not None:
            value = bytes(self.rest[:end])
            del self.rest[:end]
            yield value


def value_end(buffer: bytes | bytearray, start: int) -> int | None:
    """Give the index behind the value that begins at `start`; None while it is incomplete."""
    open_values = 1
    while open_values:
        line_end = buffer.find(b"\r\n", start)
        if line_end < 0:
            return None
        kind, head = bytes(buffer[start : start + 1]), bytes(buffer[start + 1 : line_end])
        start = line_end + 2
        open_values -= 1
        if kind in _CHILDREN:
            each, also = _CHILDREN[kind]
            open_values += max(_number(head), 0) * each + also
        elif kind in _SIZED and kind:
            size = _number(head)
            start += size + 2 if size >= 0 else 0
        elif kind not in _PLAIN or not kind:
            raise ProtocolError(f"no RESP value begins with {kind!r}")
        if start > len(buffer):
            return None
    return start


def encode(*arguments: str | bytes | int) -> bytes:
    """Give the bytes of one command."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def decode(value: bytes) -> Reply:
    """Give what one whole RESP2 value says; an error is handed back, not raised."""
    return _decode(value, 0)[0]


def command_name(command: bytes) -> bytes:
    """Give the name of a command in capitals."""
    arguments = decode(command)
    if not isinstance(arguments, list) or not arguments or not isinstance(arguments[0], bytes):
        raise ProtocolError("a client sent something that is no command")
    return arguments[0].upper()


def _decode(buffer: bytes, start: int) -> tuple[Reply, int]:
    line_end = buffer.index(b"\r\n", start)
    kind, head, start = buffer[start : start + 1], buffer[start + 1 : line_end], line_end + 2
    if kind == b"*":
        items: list[Reply] = []
        for _ in range(_number(head)):
            item, start = _decode(buffer, start)
            items.append(item)
        return items, start
    if kind == b"$":
        size = _number(head)
        return (None, start) if size < 0 else (buffer[start : start + size], start + size + 2)
    if kind == b":":
        return _number(head), start
    if kind == b"-":
        return ServerRefusal(head.decode(errors="replace")), start
    return head, start


def _number(head: bytes) -> int:
    try:
        return int(head)
    except ValueError:
        raise ProtocolError(f"a length or number was {head[:20]!r}") from None
