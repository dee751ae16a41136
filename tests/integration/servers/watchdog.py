"""
Nothing that the tests start outlives them, not even when pytest is killed.

One small process per pytest process reads, from a pipe, which servers and folders exist. When the
pipe closes, because pytest ended in whatever way, it kills the servers and removes the folders
that are still on its list. This works from any thread and on any POSIX system, unlike a death
signal, which on Linux is bound to the thread that started the server.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from pathlib import Path

_PROGRAM = """
import os, shutil, signal, sys
servers = {}
for line in sys.stdin:
    verb, pid, folder = line.rstrip("\\n").split("\\t")
    if verb == "watch":
        servers[folder] = int(pid)
    elif verb == "ended":
        servers[folder] = 0
    else:
        servers.pop(folder, None)
for folder, pid in servers.items():
    try:
        if pid:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    shutil.rmtree(folder, ignore_errors=True)
"""


class Watchdog:
    """The process that cleans up; it is started at the first server."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def watch(self, pid: int, folder: Path) -> None:
        """Kill this process and remove this folder should we end before it does."""
        self._tell("watch", pid, folder)

    def ended(self, folder: Path) -> None:
        """The folder's process has ended; its id may soon be another's."""
        self._tell("ended", 0, folder)

    def removed(self, folder: Path) -> None:
        """The folder is gone too."""
        self._tell("removed", 0, folder)

    def _tell(self, verb: str, pid: int, folder: Path) -> None:
        with self._lock:
            pipe = self._started().stdin
            assert pipe is not None
            pipe.write(f"{verb}\t{pid}\t{folder}\n")
            pipe.flush()

    def _started(self) -> subprocess.Popen[str]:
        """Give our own process: after a fork the parent's belongs to the parent."""
        if self._process is None or self._owner != os.getpid():
            self._owner = os.getpid()
            # In a session of its own: an interrupt from the keyboard is for pytest alone.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            atexit.register(self._dismiss)
        return self._process

    def _dismiss(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.communicate()
            self._process = None


WATCHDOG = Watchdog()
"""The one of this pytest process."""
