"""One server alone, over TCP and over a Unix socket."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Self

from tests.integration.servers.data import OPTIONS, Stored, command_counts_of, stored_in
from tests.integration.servers.process import Options, ServerProcess


class Single:
    """
    A single server.

    Attributes:
        process: The server itself, for tests that kill, pause or ask it.
    """

    def __init__(self, *, options: Options | None = None, password: str | None = None) -> None:
        """
        Start a server.

        Args:
            options: Lines of its configuration beside the usual ones, such as `appendonly`.
            password: What clients must give.
        """
        self._password = password
        secret = {} if password is None else {"requirepass": password}
        given = {**OPTIONS, "unixsocket": "server.sock", **secret, **(options or {})}
        self.process = ServerProcess(given, password=password)
        try:
            self.process.start()
        except BaseException:
            self.process.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its address for settings."""
        return f"redis://{self._credentials}{self.process.address}/0"

    @property
    def unix_url(self) -> str:
        """The address of its Unix socket for settings."""
        return f"unix://{self._credentials}{self.process.folder / 'server.sock'}?db=0"

    @property
    def nodes(self) -> tuple[ServerProcess, ...]:
        """All its processes."""
        return (self.process,)

    def flush(self) -> None:
        """Remove all that is stored."""
        self.process.call("FLUSHALL")

    def all_keys_and_values(self) -> Stored:
        """Give all that is stored."""
        return stored_in(self.process)

    def command_counts(self) -> Counter[str]:
        """Give how often each command ran, see `command_counts_of`."""
        return command_counts_of(self.process)

    def primary_for(self, key: str | bytes) -> ServerProcess:
        """Give the server that holds this key: the one."""
        return self.process

    def heal(self) -> None:
        """Bring it up again, whatever a test did to it."""
        self.process.resume()
        if not self.process.running:
            self.process.start()

    def stop(self) -> None:
        """End it and remove its folder."""
        self.process.close()

    @property
    def _credentials(self) -> str:
        return "" if self._password is None else f":{self._password}@"
