"""Whether what a primary writes reaches its replica."""

from __future__ import annotations

from tests.integration.servers import resp
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
