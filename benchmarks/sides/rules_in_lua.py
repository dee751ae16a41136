"""
The baseline: the same rules by hand, in three scripts on redis-py, as a service might write them.

Windows, budget of the day and the country, resends that repeat the code, money that comes back, two
live codes, single use: all there. What it does not have is what makes the rest of smsverify: it
reads no phone numbers, chooses no sender, publishes no events, keeps codes in clear, and a lost
reply or an idempotency key means nothing to it. All of this makes it faster.
"""

from __future__ import annotations

import os
import secrets
import time
from importlib.resources import files
from typing import Any

import redis.asyncio

from benchmarks.sides.side import TaskOperation, phone_of, wrong_guess

_BUDGET = 10**12
_AMOUNT = 8_300
_SENDER = "17205550100"
_COUNTRY = "US"
_VICTIM = phone_of(-1)
_LIMIT = 5


class RulesInLua:
    """Three scripts, called by name."""

    threaded = False

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(url)
        self._admit = self._script("admit")
        self._settle = self._script("settle")
        self._check = self._script("check")
        self.operations: dict[str, TaskOperation] = {
            "round": self._round,
            "guess": self._guess,
            "resend": self._resend,
        }

    async def prepare(self, operation: str) -> None:
        """Fill the windows of one phone."""
        if operation == "round":
            return
        code = ""
        for _ in range(_LIMIT):
            code = await self.send(_VICTIM)
        for _ in range(_LIMIT):
            await self.check(_VICTIM, wrong_guess(code))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def admit(
        self, phone: str, attempt: str, *, budget: int = _BUDGET, country_budget: int | str = ""
    ) -> list[Any]:
        """Ask for a send; see admit.lua for the answer."""
        answer: list[Any] = await self._admit(
            keys=[f"p:{phone}", f"s:{phone}", _day()],
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

    async def settle(self, phone: str, attempt: str, state: str, message_id: str) -> int:
        """Write what became of an attempt; gives 1 if that changed anything."""
        changed: int = await self._settle(
            keys=[f"p:{phone}", _day()], args=[attempt, state, message_id, _COUNTRY]
        )
        return changed

    async def send(self, phone: str) -> str:
        """Admit, play the gateway's part, settle; give the code. Raises RuntimeError if refused."""
        attempt = os.urandom(8).hex()
        code, *rest = await self.admit(phone, attempt)
        if not code:
            raise RuntimeError(rest)
        await self.settle(phone, attempt, "sent", "SM" + os.urandom(16).hex())
        return str(code.decode())

    async def check(self, phone: str, typed: str) -> list[Any]:
        """Check an answer; see check.lua for the verdict."""
        verdict: list[Any] = await self._check(
            keys=[f"p:{phone}", f"w:{phone}", _day()],
            args=[typed, os.urandom(8).hex(), _COUNTRY],
        )
        return verdict

    async def _round(self, number: int) -> None:
        phone = phone_of(number)
        code = await self.send(phone)
        verdict = await self.check(phone, code)
        assert verdict == [b"approved"], verdict

    async def _guess(self, number: int) -> None:
        verdict = await self.check(_VICTIM, f"{number % 1_000_000:06d}")
        assert verdict[0] == b"full", verdict

    async def _resend(self, _number: int) -> None:
        answer = await self.admit(_VICTIM, os.urandom(8).hex())
        assert answer[1] == b"rate", answer

    def _script(self, name: str) -> Any:
        source = files("benchmarks.sides").joinpath("lua", f"{name}.lua").read_bytes()
        return self._redis.register_script(source)


def _day() -> str:
    return "day:" + time.strftime("%Y-%m-%d", time.gmtime())
