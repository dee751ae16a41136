"""One loop in a thread of its own, made when it is needed, and again in a forked child."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import warnings

import pytest

from smsverify.facade.background_loop import BackgroundLoop, in_running_loop


async def where() -> tuple[str, int]:
    """Return the thread's name and the loop's id."""
    return threading.current_thread().name, id(asyncio.get_running_loop())


@pytest.fixture
def background() -> BackgroundLoop:
    """Give a loop of its own."""
    return BackgroundLoop()


def test_it_runs_and_returns(background: BackgroundLoop) -> None:
    """What the coroutine returns or raises reaches the caller."""

    async def fail() -> None:
        raise LookupError("told")

    assert background.run(where())[0] == "smsverify-loop"
    with pytest.raises(LookupError, match="told"):
        background.run(fail())


def test_threads_share_one_loop(background: BackgroundLoop) -> None:
    """However many threads begin at once, there is one loop."""
    seen: set[int] = set()
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        seen.add(background.run(where())[1])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 1


def test_nothing_starts_before_the_first_use() -> None:
    """Building a loop's owner starts no thread."""
    before = threading.active_count()

    BackgroundLoop()

    assert threading.active_count() == before


async def test_it_does_not_block_a_running_loop(background: BackgroundLoop) -> None:
    """In a thread whose loop runs it refuses, and leaves no coroutine that was never awaited."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeError, match="await"):
            background.run(where())
        gc.collect()


def test_submit_returns_at_once(background: BackgroundLoop) -> None:
    """The caller goes on while the coroutine runs."""
    go_on = threading.Event()

    async def wait() -> str:
        await asyncio.to_thread(go_on.wait)
        return "done"

    future = background.submit(wait())
    assert not future.done()
    go_on.set()

    assert future.result(10) == "done"


def test_its_thread_keeps_no_program_alive(background: BackgroundLoop) -> None:
    """The thread is a daemon: a script that is done ends."""
    background.run(where())

    (thread,) = [one for one in threading.enumerate() if one.name == "smsverify-loop"][-1:]
    assert thread.daemon


def test_a_forked_child_makes_its_own(background: BackgroundLoop) -> None:
    """Neither the parent's loop nor a lock that was held at the fork is used in a child."""
    background.run(where())
    background._lock.acquire()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:  # pragma: no cover - another process
        os.write(writing, background.run(where())[0].encode())
        os._exit(0)
    os.close(writing)
    try:
        assert os.read(reading, 100) == b"smsverify-loop"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        background._lock.release()
        os.close(reading)
    assert background.run(where())[0] == "smsverify-loop"


def test_where_a_loop_runs() -> None:
    """True inside a coroutine, False outside."""

    async def ask() -> bool:
        return in_running_loop()

    assert not in_running_loop()
    assert asyncio.run(ask())
