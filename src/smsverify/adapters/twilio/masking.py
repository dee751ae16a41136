"""Making Twilio's own words fit for a debug log: they may quote a number, a code or an account."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 300
_DIGITS: Final = re.compile(r"\d(?:[\W_]*\d){3,}")
_SID: Final = re.compile(r"\b([A-Z]{2})[0-9a-fA-F]{32}\b")


def mask_text(text: object) -> str:
    """
    Return a text in one line of ASCII without anything that could be a number, code or account.

    Every run of four digits or more goes, in any script, with or without signs between them.
    """
    short = _SID.sub(r"\1***", str(text)[:_LONGEST])
    # Beside the digits that \d knows there are others, such as superscripts.
    plain = "".join("0" if sign.isnumeric() and not sign.isdecimal() else sign for sign in short)
    return ascii(_DIGITS.sub("***", plain))[1:-1]
