"""The operating system's randomness."""

from __future__ import annotations

import subprocess
import sys

import pytest

from smsverify.adapters.system.entropy import SystemEntropy


@pytest.mark.parametrize("size", [0, 1, 8, 16, 32])
def test_token_has_the_size_asked_for(size: int) -> None:
    """As many bytes come as were asked for."""
    token = SystemEntropy().token(size)

    assert type(token) is bytes
    assert len(token) == size


def test_tokens_are_fresh() -> None:
    """No two of many tokens are alike."""
    entropy = SystemEntropy()

    assert len({entropy.token(8) for _ in range(10_000)}) == 10_000


FORKS = """
import os
from smsverify.adapters.system.entropy import SystemEntropy

entropy = SystemEntropy()
entropy.token(8)
child = os.fork()
os.write(1, entropy.token(16).hex().encode() + b"\\n")  # in one piece, beside the other's
if child:
    os.waitpid(child, 0)
"""


def test_forked_child_does_not_repeat_its_parent() -> None:
    """A process that was forked after the first use draws other bytes than its parent."""
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True)
    drawn = done.stdout.split()

    assert [len(token) for token in drawn] == [32, 32]
    assert len(set(drawn)) == 2
