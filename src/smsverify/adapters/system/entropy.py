"""The operating system's randomness."""

from __future__ import annotations

import os


class SystemEntropy:
    """
    Bytes from the kernel; implements :class:`~smsverify.ports.entropy.Entropy`.

    It keeps no state: a buffer would be copied by a fork, and parent and child would hand out the
    same ids. Asking costs about half a microsecond.
    """

    def token(self, size: int) -> bytes:
        """Return ``size`` fresh random bytes."""
        return os.urandom(size)
