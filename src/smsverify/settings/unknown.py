"""Names that look like settings and are none."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import attrs

from smsverify.settings.dotenv_file import PREFIXES
from smsverify.settings.model import variables

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["UnknownVariable", "known_names", "unknown_variables"]

# What Kubernetes sets in each container for a service named redis, such as REDIS_PORT_6379_TCP.
_SERVICE_LINK = re.compile(
    r"[A-Z0-9_]+_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
_NEAR = 0.6  # for a name with our prefix: difflib's own measure of a good match
_VERY_NEAR = 0.9  # for other names: a letter or two differ


@attrs.frozen
class UnknownVariable:
    """
    A name that no setting has; it has no effect.

    Attributes:
        name: As it was written.
        nearest: The setting that was probably meant, or None.
    """

    name: str
    nearest: str | None

    @property
    def message(self) -> str:
        """One sentence that says what to do."""
        advice = f"did you mean {self.nearest}?" if self.nearest else "take it out or check it."
        return f"{self.name} is no setting and has no effect; {advice}"


def known_names() -> frozenset[str]:
    """Give every name that is read, those of the files with secrets too."""
    names = {variable.name for variable in variables()}
    return frozenset(names | {one.file_name for one in variables() if one.secret})


def unknown_variables(names: Iterable[str]) -> list[UnknownVariable]:
    """
    Give those of `names` that begin like a setting, or nearly read like one, and are none.

    This is for warnings: such names may belong to another program.
    """
    known = sorted(known_names())
    found = []
    for name in sorted(set(names) - set(known)):
        ours = name.upper().startswith(PREFIXES)
        if ours and _SERVICE_LINK.fullmatch(name):
            continue
        cutoff = _NEAR if ours else _VERY_NEAR
        nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=cutoff)
        if ours or nearest:
            found.append(UnknownVariable(name, nearest[0] if nearest else None))
    return found
