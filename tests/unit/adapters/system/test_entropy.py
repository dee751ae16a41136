"""The operating system's randomness."""

from __future__ import annotations

import os

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


def test_forked_child_does_not_repeat_its_parent() -> None:
    """A process that was forked after the first use draws other bytes than its parent."""
    entropy = SystemEntropy()
    entropy.token(8)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, entropy.token(16))
        os._exit(0)
    os.waitpid(child, 0)
    drawn = os.read(reader, 16)
    os.close(reader)
    os.close(writer)

    assert len(drawn) == 16
    assert drawn != entropy.token(16)
