"""What a profile of our rounds tells: the areas of the program, and the part of each."""

from __future__ import annotations

import attrs

from benchmarks.parts import Part

_AREAS = (
    ("/smsverify/domain/", "rules"),
    ("/smsverify/application/", "use cases, the commit loop"),
    ("/smsverify/adapters/msgpack/", "records to bytes and back"),
    ("/smsverify/adapters/redis/", "our Redis adapter"),
    ("/smsverify/adapters/", "our other adapters"),
    ("/smsverify/", "facade"),
    ("/phonenumbers/", "phonenumbers"),
    ("/redis/", "redis-py"),
    ("/asyncio/", "asyncio"),
    ("/benchmarks/", "the measurement itself"),
)


@attrs.frozen
class Area:
    """
    A part of the program.

    Attributes:
        name: Which.
        share: Its own part of the time, from 0 to 1.
        calls: Calls of its functions in a round.
    """

    name: str
    share: float
    calls: float


@attrs.frozen
class Profile:
    """
    Where the time of our rounds goes.

    Attributes:
        tasks: How many at once.
        micros: Microseconds of the processor for a round, without the profiler.
        rubbish_micros: Those of them that went into rubbish collection.
        collections: Its runs in 1,000 rounds.
        areas: The dearest first.
    """

    tasks: int
    micros: float
    rubbish_micros: float
    collections: float
    areas: list[Area]

    def part(self) -> Part:
        """Give it as a part of the table."""
        rows = [(area.name, f"{area.share:.0%}", f"{area.calls:,.0f}") for area in self.areas]
        rows += [
            ("a round, without the profiler", f"{self.micros:,.0f} µs", ""),
            ("collecting rubbish, of that", f"{self.rubbish_micros:,.0f} µs", ""),
        ]
        return Part(f"profile of smsverify, {self.tasks} at once", ("time", "calls a round"), rows)


def area_of(file: str) -> str:
    """Give the area that a source file belongs to."""
    # What attrs generates is named after its class.
    path = "/" + file.partition("<attrs generated methods ")[2].replace(".", "/") or file
    for part, area in _AREAS:
        if part in (file if path == "/" else path):
            return area
    return "the rest of Python"
