"""One server process of the tests: started on loopback, asked over a socket, ended by its id."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.integration.servers import resp
from tests.integration.servers.asking import HOST, Command, ask, info_fields
from tests.integration.servers.binary import server_binary
from tests.integration.servers.polling import wait_until
from tests.integration.servers.watchdog import WATCHDOG

# Below the ports that Linux and macOS hand to outgoing connections, above the well-known ones.
_PORTS = range(11_000, 32_000)
_START_TRIES = 8
_BOOT_SECONDS = 15.0
_END_SECONDS = 5.0

Options = Mapping[str, str | int | Sequence[str]]


class PortTaken(Exception):
    """Another process took the port between our look and the server's start."""


def free_port() -> int:
    """Give a port that nobody listens on at this moment."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


class ServerProcess:
    """
    A server with a folder of its own.

    `launch` and `wait_ready` are apart so that many can boot side by side; `start` is both. A
    port taken meanwhile is met by another try with another port, until the server has once been
    up; from then on its port stays, as its address does in life.

    Attributes:
        port: Where it listens on loopback.
        extra: Its second port, if it has one.
        folder: Its configuration, data and log.
    """

    def __init__(
        self,
        options: Options,
        *,
        mode: Sequence[str] = (),
        password: str | None = None,
        extra_port: str | None = None,
    ) -> None:
        """
        Prepare a server; nothing runs yet.

        Args:
            options: Lines of its configuration; a sequence of values gives several lines.
            mode: More arguments of the program, such as `--sentinel`.
            password: What clients must give.
            extra_port: The option that gets a second free port.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="smsverify-server-"))
        self.port = 0
        self.extra = 0
        self._options = dict(options)
        self._mode = tuple(mode)
        self._password = password
        self._extra_port = extra_port
        self._process: subprocess.Popen[bytes] | None = None
        self._was_up = False
        self._paused = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ── life ──────────────────────────────────────────────────────────────────────────────────

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self.launch()
        self.wait_ready()
        return self

    def launch(self) -> None:
        """Start the process, without waiting for it to answer."""
        if not self._was_up:
            self.port = free_port()
            self._write_config()
        log = self.folder / "output.log"
        with log.open("ab") as output:
            # In a session of its own: an interrupt from the keyboard is for pytest alone.
            self._process = subprocess.Popen(
                [server_binary(), self.folder / "server.conf", *self._mode],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        WATCHDOG.watch(self._process.pid, self.folder)

    def wait_ready(self) -> None:
        """
        Wait until this very process answers and has loaded its data.

        Raises:
            RuntimeError: It ended instead; its last words are in the message.
            TimeoutError: It does not answer in time.
        """
        for _ in range(_START_TRIES):
            with contextlib.suppress(PortTaken):
                wait_until(self._why_not_ready, within=_BOOT_SECONDS, what=f"server {self.port}")
                self._was_up = True
                return
            self.launch()
        raise RuntimeError(f"no free port in {_START_TRIES} tries")

    def stop(self) -> None:
        """End it in good order, by force if it takes too long; its folder stays."""
        process = self._process
        if process is None or process.poll() is not None:
            self._forget()
            return
        self.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._forget()

    def terminate(self) -> None:
        """Ask it to end, without waiting for it."""
        self.resume()
        if self.running:
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash of its machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._forget()

    def restart(self) -> Self:
        """Start it again on its port with its folder, ending it first if it still runs."""
        self.stop()
        return self.start()

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        WATCHDOG.removed(self.folder)

    def pause(self) -> None:
        """Stop its clockwork: it keeps its connections and answers nothing."""
        if self._process is not None and not self._paused:
            self._signal(signal.SIGSTOP)
            self._paused = True
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Let it go on after a pause."""
        if self._paused:
            self._paused = False
            self._signal(signal.SIGCONT)

    # ── questions ─────────────────────────────────────────────────────────────────────────────

    @property
    def running(self) -> bool:
        """Whether the process lives, paused or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._paused

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None, "this server was never started"
        return self._process.pid

    @property
    def address(self) -> str:
        """Give `host:port`."""
        return f"{HOST}:{self.port}"

    def call(self, *arguments: str | bytes | int, timeout: float = 5.0) -> resp.Reply:
        """
        Say one command on a connection of its own and give the answer.

        Raises:
            resp.ServerRefusal: The server answered with an error.
            OSError: It cannot be reached, or does not answer in time.
        """
        return self.pipeline([arguments], timeout=timeout)[0]

    def pipeline(self, commands: Sequence[Command], *, timeout: float = 5.0) -> list[resp.Reply]:
        """Say many commands in one go and give the answers; raises as `call` does."""
        return ask(self.port, commands, password=self._password, timeout=timeout)

    def info(self, section: str) -> dict[str, str]:
        """Give one section of INFO."""
        return info_fields(self.call("INFO", section))

    def log_tail(self) -> str:
        """Give the last lines that it wrote."""
        text = (self.folder / "output.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-15:])

    # ── inside ────────────────────────────────────────────────────────────────────────────────

    def _why_not_ready(self) -> str | None:
        if not self.running:
            self._forget()
            said = self.log_tail()
            if not self._was_up and ("bind" in said or "already in use" in said):
                raise PortTaken
            raise RuntimeError(f"server {self.port} ended instead of starting:\n{said}")
        try:
            # Another's server on the same port would answer too: its process id tells them apart.
            if self.info("server")["process_id"] != str(self.pid):
                return "another server answers on its port"
            self.call("PING")
        except (OSError, resp.ServerRefusal) as error:
            return str(error)
        return None

    def _write_config(self) -> None:
        options: dict[str, str | int | Sequence[str]] = {"port": self.port, **self._options}
        if self._extra_port is not None:
            options[self._extra_port] = self.extra = free_port()
        lines = [
            f"{name} {value}"
            for name, given in options.items()
            for value in ([given] if isinstance(given, str | int) else given)
        ]
        (self.folder / "server.conf").write_text("\n".join(lines) + "\n")

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _forget(self) -> None:
        self._paused = False
        if self._process is not None:
            WATCHDOG.ended(self.folder)
