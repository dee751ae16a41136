"""Refused credentials: who is let through, and what is learned from whom."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from smsverify.adapters.twilio.breaker import PAUSE_SECONDS, TRIALS, CredentialsBreaker
from smsverify.domain.delivery import Accepted, FailureReason, GatewayAnswer, Rejected, Uncertain
from smsverify.domain.events import Event, ProviderRefusesCredentials
from smsverify.testing import ManualClock

ACCEPTED = Accepted("SM" + "0" * 32)
REFUSED = Rejected(FailureReason.CREDENTIALS_REFUSED, 20003)


@attrs.define
class Provider:
    """Counts calls and answers when told to."""

    answers: dict[int, asyncio.Future[GatewayAnswer]] = attrs.field(factory=dict)

    async def __call__(self) -> GatewayAnswer:
        """Wait for the answer to this call."""
        number = len(self.answers)
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        return await answer

    async def calls(self) -> int:
        """Return how many were made, once everybody who can go on has done so."""
        for _ in range(200):
            await asyncio.sleep(0)
        return len(self.answers)

    def say(self, number: int, answer: GatewayAnswer) -> None:
        """Answer a call."""
        self.answers[number].set_result(answer)


@attrs.define
class Watched:
    """A breaker and all around it."""

    clock: ManualClock = attrs.field(factory=ManualClock)
    kept: list[Event] = attrs.field(factory=list)
    provider: Provider = attrs.field(factory=Provider)
    breaker: CredentialsBreaker = attrs.field(
        default=attrs.Factory(
            lambda self: CredentialsBreaker(clock=self.clock, events=self), takes_self=True
        )
    )

    def emit(self, event: Event) -> None:
        """Keep an event."""
        self.kept.append(event)

    def send(self) -> asyncio.Task[GatewayAnswer]:
        """Begin a guarded call."""
        return asyncio.create_task(self.breaker.guard(self.provider, 10))

    async def learn(self, answer: GatewayAnswer) -> None:
        """Make one call that is answered like this."""
        task = self.send()
        number = await self.provider.calls() - 1
        self.provider.say(number, answer)
        assert await task == answer

    @property
    def state(self) -> object:
        """What the status says of the credentials."""
        return self.breaker.status()["credentials"]


@pytest.fixture
def watched() -> Watched:
    """Make a fresh breaker."""
    return Watched()


async def test_few_at_a_time_at_first(watched: Watched) -> None:
    """Unproven credentials are tried by a few; once they are good, everybody goes."""
    tasks = [watched.send() for _ in range(50)]
    assert await watched.provider.calls() == TRIALS
    assert watched.state == "unproven"

    watched.provider.say(0, ACCEPTED)
    assert await watched.provider.calls() == 50
    assert watched.state == "accepted"
    for number in range(1, 50):
        watched.provider.say(number, ACCEPTED)
    assert {await task for task in tasks} == {ACCEPTED}


async def test_refusal_stops_the_queue(watched: Watched) -> None:
    """A refusal ends the wait of all others without a call, and is told once."""
    tasks = [watched.send() for _ in range(50)]
    assert await watched.provider.calls() == TRIALS
    for number in range(TRIALS):
        watched.provider.say(number, REFUSED)

    assert {await task for task in tasks} == {REFUSED}
    assert await watched.provider.calls() == TRIALS
    assert watched.kept == [ProviderRefusesCredentials(int(PAUSE_SECONDS * 1000))]
    assert watched.breaker.status() == {
        "credentials": "refused",
        "credentials_refused": 1,
        "next_try_in_seconds": PAUSE_SECONDS,
    }


async def test_after_the_pause(watched: Watched) -> None:
    """After the pause a few try again; a further refusal begins another pause."""
    await watched.learn(REFUSED)
    watched.clock.advance(PAUSE_SECONDS - 0.1)
    assert await watched.breaker.guard(watched.provider, 10) == REFUSED
    assert watched.breaker.status()["next_try_in_seconds"] == 0.1
    watched.clock.advance(0.1)

    tasks = [watched.send() for _ in range(50)]
    assert await watched.provider.calls() == 1 + TRIALS
    watched.provider.say(1, REFUSED)
    watched.provider.say(2, REFUSED)
    assert {await task for task in tasks} == {REFUSED}
    assert len(watched.kept) == 2


@pytest.mark.parametrize(
    "answer",
    [ACCEPTED, Rejected(FailureReason.OPTED_OUT, 21610), Rejected(FailureReason.OTHER)],
)
async def test_proof(watched: Watched, answer: GatewayAnswer) -> None:
    """Whatever Twilio says of a message, it knew who asked."""
    await watched.learn(answer)
    assert watched.state == "accepted"


@pytest.mark.parametrize(
    "answer",
    [
        Uncertain(),
        Uncertain(20500),
        Rejected(FailureReason.THROTTLED, 20429),
        Rejected(FailureReason.NOT_CONNECTED),
    ],
)
async def test_no_proof(watched: Watched, answer: GatewayAnswer) -> None:
    """Trouble on the way says nothing of the credentials, neither good nor bad."""
    await watched.learn(answer)
    assert watched.state == "unproven"
    await watched.learn(ACCEPTED)
    await watched.learn(answer)
    assert watched.state == "accepted"


async def test_old_news(watched: Watched) -> None:
    """What was under way at a refusal teaches nothing, neither that all is well nor a pause."""
    await watched.learn(ACCEPTED)
    tasks = [watched.send() for _ in range(3)]
    assert await watched.provider.calls() == 4
    watched.provider.say(1, REFUSED)
    await tasks[0]
    watched.clock.advance(10)
    watched.provider.say(2, ACCEPTED)
    watched.provider.say(3, REFUSED)

    assert [await task for task in tasks] == [REFUSED, ACCEPTED, REFUSED]
    assert watched.breaker.status()["next_try_in_seconds"] == PAUSE_SECONDS - 10
    assert len(watched.kept) == 1


async def test_waiting_too_long(watched: Watched) -> None:
    """Whoever gets no turn in his time was not called, for certain."""
    tasks = [watched.send() for _ in range(TRIALS)]
    assert await watched.provider.calls() == TRIALS
    answer = await watched.breaker.guard(watched.provider, 0.01)
    assert answer == Rejected(FailureReason.NOT_CONNECTED)
    assert len(watched.provider.answers) == TRIALS
    for task in tasks:
        task.cancel()


async def test_cancelled_turns_are_given_back(watched: Watched) -> None:
    """A caller that goes away, waiting or calling, leaves its turn to the next."""
    tasks = [watched.send() for _ in range(200)]
    assert await watched.provider.calls() == TRIALS
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await watched.learn(ACCEPTED)


async def test_turn_is_not_the_calls_time(watched: Watched) -> None:
    """The time to wait for a turn does not end a call that has one."""
    task = asyncio.create_task(watched.breaker.guard(watched.provider, 0.01))
    assert await watched.provider.calls() == 1
    await asyncio.wait({task}, timeout=0.03)
    assert not task.done()
    watched.provider.say(0, ACCEPTED)
    assert await task == ACCEPTED
