"""Randomness that a test can foresee."""

from __future__ import annotations

import hashlib
import itertools
import os


class ScriptedEntropy:
    """
    Bytes that follow from a seed: two runs of a test get the same ids, and no two calls do.

    Calls from several threads get different bytes too, in no set order; a forked child goes its
    own way, as the port asks.

    Args:
        seed: another one gives other bytes.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._calls = itertools.count()
        self._pid = os.getpid()

    def token(self, size: int) -> bytes:
        """Return ``size`` bytes; of 8 bytes or more none come twice, as far as anybody lives."""
        child = 0 if os.getpid() == self._pid else os.getpid()
        name = f"{self._seed}|{child}|{next(self._calls)}".encode()
        return hashlib.shake_128(name).digest(size)
