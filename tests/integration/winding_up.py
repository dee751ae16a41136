"""The end of a server within an event loop: no connection is left to the garbage collector."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_TURNS = 5
"""
More than a connection takes from its acceptance to the task that serves it, or from its end to the
close of its socket.
"""


async def stop_listening(server: asyncio.Server) -> None:
    """
    Accept nobody more.

    Whoever was accepted a moment ago is given a transport some turns of the loop later. A server
    that is closed before that loses the connection: it stays open, and nobody serves it.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    await _turns()
    server.close()


async def wind_up(cut: Callable[[], object]) -> None:
    """End all connections, by `cut`, and all tasks of this loop; nobody listens any more."""
    cut()
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await _turns()


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
