"""Whether what a primary writes reaches its replica, and keeping it from doing so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.integration.servers import resp
from tests.integration.servers.polling import wait_until
from tests.integration.servers.process import ServerProcess

MARKER = "copied?"
_PATIENCE_MS = 1_500
"""A little more than the second between two words of a replica to its primary."""


def why_not_copied(primary: ServerProcess, marker: str = MARKER) -> str | None:
    """
    Write a marker and remove it, and say why a replica did not hear of both; None when it did.

    That a replica's link is up does not say it. A primary sends what is written since the copy
    that the replica loaded only after a word from it, and the first word, at the end of the
    loading, comes too early if the primary has not yet seen its own child end. The next one comes
    a second later.

    The marker may have been in the copy. Its removal, written when a replica has the marker, was
    not.

    Args:
        primary: A server that takes writes.
        marker: A key that this server owns and that nobody else uses.
    """
    wait = ("WAIT", 1, _PATIENCE_MS)
    try:
        told = primary.pipeline([("SET", marker, ""), wait, ("DEL", marker), wait])
    except (OSError, resp.ServerRefusal) as error:
        return str(error)
    _, written, _, removed = told
    return None if written and removed else f"{primary.port} has no replica that hears it"


@contextlib.contextmanager
def cut_off(replica: ServerProcess) -> Iterator[None]:
    """
    Let a replica hear nothing of its primary for as long as a block lasts, and not find back.

    Its link is broken, and it is given a name that its primary does not know.
    """
    _call_it(replica, "nobody", "wrong")
    try:
        replica.call("CLIENT", "KILL", "TYPE", "master")
        wait_until(lambda: _link_is_up(replica), within=5, what="the link's end")
        yield
    finally:
        _call_it(replica, "", "")


def _call_it(replica: ServerProcess, name: str, password: str) -> None:
    replica.pipeline(
        [("CONFIG", "SET", "masteruser", name), ("CONFIG", "SET", "masterauth", password)]
    )


def _link_is_up(replica: ServerProcess) -> str | None:
    status = replica.info("replication")["master_link_status"]
    return "it is up" if status == "up" else None
