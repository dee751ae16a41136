"""
A gateway of your own: a GSM modem, through the spool folder of SMS Server Tools.

The modem's program sends every file that appears in the folder.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from smsverify.domain.delivery import Accepted, FailureReason, GatewayAnswer, Rejected, Uncertain

if TYPE_CHECKING:
    from pathlib import Path

    from smsverify.ports.gateway import OutgoingSms


class SpoolGateway:
    """Implements :class:`smsverify.ports.gateway.Gateway`."""

    name = "spool"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Say yes, no, or "nobody knows"; the last only if it is so, for it is never repeated."""
        try:
            name = await asyncio.wait_for(asyncio.to_thread(self._write, message), within)
        except TimeoutError:  # the thread writes on, and the file may still appear
            return Uncertain()
        except OSError:  # no file has appeared, so no modem has seen it
            return Rejected(FailureReason.NOT_CONNECTED)
        return Accepted(name)

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    def _write(self, message: OutgoingSms) -> str:
        name = f"SM{secrets.token_hex(16)}"
        draft = self._folder / f".{name}"
        draft.write_text(f"To: {message.to.e164[1:]}\nAlphabet: UTF-8\n\n{message.text}", "utf-8")
        draft.rename(self._folder / name)  # complete from the moment it has its name
        return name
