"""The scripts are found beside the package, and called as servers want it."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

from smsverify.adapters.redis.scripts import COMMIT, LOAD, Script
from smsverify.ports.store import MAX_CLOCK_GAP

SMALL = Script(b"return 1", hashlib.sha1(b"return 1", usedforsecurity=False).hexdigest().encode())


@pytest.mark.parametrize(("script", "file"), [(LOAD, "load.lua"), (COMMIT, "commit.lua")])
def test_a_script_is_its_file(script: Script, file: str) -> None:
    """Its name is what a server computes from the same bytes."""
    source = files("smsverify.adapters.redis").joinpath(file).read_bytes()

    assert script.source == source
    assert script.name == hashlib.sha1(source, usedforsecurity=False).hexdigest().encode()


def test_a_call_by_name_is_short() -> None:
    """Name, number of keys, keys, arguments; text, bytes and numbers alike."""
    packed = SMALL.call(["k", "é"], [b"\x00\r\n", 12, -3, ""])

    assert packed == (
        b"*9\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n$1\r\n2\r\n$1\r\nk\r\n$2\r\n\xc3\xa9\r\n"
        b"$3\r\n\x00\r\n\r\n$2\r\n12\r\n$2\r\n-3\r\n$0\r\n\r\n" % SMALL.name
    )


def test_a_call_in_full_brings_the_script() -> None:
    """For servers that have not seen it."""
    assert SMALL.call_in_full([], []) == (b"*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n")


def test_the_script_knows_the_ports_clock_gap() -> None:
    """The number stands in two places, because a script can't import."""
    assert b"local LONGEST_GAP = %d\n" % MAX_CLOCK_GAP in COMMIT.source
