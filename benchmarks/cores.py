"""Client and server on a core each, so that neither takes the other's time."""

from __future__ import annotations

import os
from pathlib import Path


def server_core() -> int | None:
    """Give the server's core; None where processes can't be pinned."""
    cores = _cores()
    return cores[0] if cores else None


def client_core() -> int | None:
    """Give the client's core, another one if there is one; None where nothing can be pinned."""
    cores = _cores()
    return cores[-1] if cores else None


def pin(pid: int, core: int | None) -> None:
    """Keep a process, 0 for this one, and all its threads on a core."""
    if core is None:
        return
    for thread in Path(f"/proc/{pid or 'self'}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


def described() -> str:
    """Say in words how processes are placed."""
    server, client = server_core(), client_core()
    if server is None:
        return "not pinned: this system can't"
    if server == client:
        return "client and server share the only core"
    return f"server on core {server}, client on core {client}"


def _cores() -> list[int]:
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))
