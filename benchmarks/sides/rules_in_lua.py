"""
The baseline: the same rules by hand, in scripts on redis-py, as a service might write them.

Windows, budget of the day and the country, resends that repeat the code, codes that die with their
last attempt, money that comes back to its day, two live codes, single use, opt-outs that stay,
lost replies that count once: all there. What it does not have is what makes the rest of smsverify:
it reads no phone numbers, chooses no sender, publishes no events, keeps codes in clear, and knows
one purpose, no client and no idempotency key. All of this makes it faster.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from importlib.resources import files
from typing import Any

import redis.asyncio

from benchmarks.sides.side import VICTIM, TaskOperation, guess_of, phone_of

_BUDGET = 10**12
_AMOUNT = 8_300
_SENDER = "17205550100"
_COUNTRY = "US"


class RulesInLua:
    """A script for admission, one for settling, one for the check; and one for STOP and START."""

    threaded = False

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(url)
        self._admit = self._script("admit")
        self._settle = self._script("settle")
        self._check = self._script("check")
        self._wish = self._script("wish")
        self.operations: dict[str, TaskOperation] = {
            "round": self._round,
            "first_guess": self._first_guess,
            "guess": self._guess,
            "first_resend": self._first_resend,
            "resend": self._resend,
        }

    async def prepare(self, operation: str) -> None:
        """Send a code to the phone whose code will be guessed; the rest needs nothing."""
        if operation.endswith("guess"):
            await self.send(VICTIM)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def admit(
        self,
        phone: str,
        attempt: str,
        *,
        budget: int = _BUDGET,
        country_budget: int | str = "",
        day: str | None = None,
    ) -> list[Any]:
        """Ask for a send, charged today or to that day; see admit.lua for the answer."""
        answer: list[Any] = await self._admit(
            keys=[f"p:{phone}", f"s:{phone}", day or today()],
            args=[
                attempt,
                f"{secrets.randbelow(1_000_000):06d}",
                _AMOUNT,
                budget,
                country_budget,
                _COUNTRY,
                _SENDER,
            ],
        )
        return answer

    async def settle(
        self, phone: str, attempt: str, state: str, message_id: str = "", *, charged: str
    ) -> int:
        """Write what became of an attempt; gives 1 if that changed anything."""
        changed: int = await self._settle(
            keys=[f"p:{phone}", charged, today()], args=[attempt, state, message_id, _COUNTRY]
        )
        return changed

    async def send(self, phone: str) -> str:
        """Admit, play the gateway's part, settle; give the code. Raises RuntimeError if refused."""
        attempt, day = os.urandom(8).hex(), today()
        code, *rest = await self.admit(phone, attempt, day=day)
        if not code:
            raise RuntimeError(rest)
        await self.settle(phone, attempt, "sent", "SM" + os.urandom(16).hex(), charged=day)
        return str(code.decode())

    async def check(self, phone: str, typed: str, operation: str | None = None) -> list[Any]:
        """Check an answer; see check.lua for the verdict."""
        verdict: list[Any] = await self._check(
            keys=[f"p:{phone}", f"w:{phone}", today()],
            args=[typed, operation or os.urandom(8).hex(), _COUNTRY],
        )
        return verdict

    async def note(self, phone: str, wish: str) -> None:
        """Write that a person said "stop" or "start"."""
        await self._wish(keys=[f"p:{phone}", f"s:{phone}"], args=[wish])

    async def _round(self, number: int) -> None:
        phone = phone_of(number)
        code = await self.send(phone)
        verdict = await self.check(phone, code)
        assert verdict == [b"approved"], verdict

    async def _guess(self, number: int) -> None:
        verdict = await self.check(VICTIM, guess_of(number))
        assert verdict[0] == b"full", verdict

    async def _first_guess(self, number: int) -> None:
        verdict = await self.check(VICTIM, guess_of(number))
        assert verdict[0] in {b"wrong", b"full"}, verdict

    async def _resend(self, _number: int) -> None:
        answer = await self.admit(VICTIM, os.urandom(8).hex())
        assert answer[1] == b"rate", answer

    async def _first_resend(self, _number: int) -> None:
        with contextlib.suppress(RuntimeError):
            await self.send(VICTIM)

    def _script(self, name: str) -> Any:
        source = files("benchmarks.sides").joinpath("lua", f"{name}.lua").read_bytes()
        return self._redis.register_script(source)


def today() -> str:
    """Give the key of today's counters."""
    return "day:" + time.strftime("%Y-%m-%d", time.gmtime())
