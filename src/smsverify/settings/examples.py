"""Telling a secret from the words that stand in its place in guides and templates."""

from __future__ import annotations

import re

__all__ = ["looks_like_example"]

_PREFIX = re.compile(r"(?:AC|SK|MG)(?=.{32}$)")
_PLACEHOLDER = re.compile(
    r"""(?ix)
    x{6,} | \*{3,} | \.{3} | ^<.*>$ | ^\$\{.*\}$
    | example | placeholder | replace | change[-_ ]?(?:me|this|it)
    | ^(?:your|insert|enter|todo|put)[-_ ]
    | (?:my|your)[-_ ]?(?:twilio|account|auth|api|secret|token|key|sid|own|password)
    | [-_ ]here$
    | ^(?:secret|password|token|none|null|todo|tbd|test)[-_ 0-9]*$
    """
)
_RUNS = ("0123456789abcdef", "abcdefghijklmnopqrstuvwxyz", "1234567890")
_SHORTEST_RUN = 6
_FEWEST_CHARACTERS = 4  # different ones; 32 random hex digits have about 14


def looks_like_example(value: str) -> bool:
    """
    Say whether a value is what a guide prints rather than a secret that someone made.

    That is: words such as "your_token_here", hardly any different characters, or the digits or
    letters in their order, over and over. A random secret of 32 characters is taken for one less
    than once in a million.
    """
    text = _PREFIX.sub("", value.strip())
    if not text:
        return False
    plain = text.lower()
    if _PLACEHOLDER.search(plain) or len(set(plain)) < _FEWEST_CHARACTERS:
        return True
    in_order = any(plain in run * (len(plain) // len(run) + 2) for run in _RUNS)
    return in_order and len(plain) >= _SHORTEST_RUN
