"""Saying commands to a server by hand, so that no client library stands between test and server."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from tests.integration.servers import resp

HOST = "127.0.0.1"

Command = Sequence[str | bytes | int]


def ask(
    port: int, commands: Sequence[Command], *, password: str | None = None, timeout: float = 5.0
) -> list[resp.Reply]:
    """
    Say commands in one go, on a connection of their own, and give the answers in order.

    Raises:
        resp.ServerRefusal: The server answered one of them with an error.
        OSError: It cannot be reached, closed the connection, or was silent for `timeout` seconds.
    """
    said = list(commands) if password is None else [("AUTH", password), *commands]
    answers: list[resp.Reply] = []
    splitter = resp.Splitter()
    with socket.create_connection((HOST, port), timeout=timeout) as connection:
        connection.sendall(b"".join(resp.encode(*command) for command in said))
        while len(answers) < len(said):
            data = connection.recv(65_536)
            if not data:
                raise ConnectionResetError(f"server {port} closed the connection")
            answers += map(resp.decode, splitter.feed(data))
    for answer in answers:
        if isinstance(answer, resp.ServerRefusal):
            raise answer
    return answers[len(said) - len(commands) :]


def info_fields(text: resp.Reply) -> dict[str, str]:
    """Give the fields of an INFO answer."""
    assert isinstance(text, bytes)
    pairs = (line.partition(":") for line in text.decode().splitlines() if ":" in line)
    return {name: value for name, _, value in pairs}


def pairs_of(reply: resp.Reply) -> dict[str, str]:
    """Give a flat list of names and values, as SENTINEL answers, as a mapping."""
    assert isinstance(reply, list)
    words = [word.decode() if isinstance(word, bytes) else str(word) for word in reply]
    return dict(zip(words[::2], words[1::2], strict=True))
