"""Everything that can happen to a verifier, in one go, and what nobody may see of it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from smsverify.domain.delivery import FailureReason, Rejected, Uncertain
from smsverify.domain.phone import PhoneNumber, parse_phone

if TYPE_CHECKING:
    from smsverify.container import Container
    from smsverify.testing import ManualClock
    from smsverify.verifier import SmsVerifier

CODE_LENGTH = 10
"""Long codes: no run of other digits is taken for one by chance."""

PHONE, STOPPED, BRITISH = "+13035558529", "+13035558531", "+447400185297"
MAGIC = [f"+1500555000{last}" for last in (1, 2, 3, 4, 9)]
CLIENT, KEY = "198.51.100.177", "idempotency-of-order-18529"
CODE_SECRET = "code-secret-of-the-test-18529-18529-18529"
KEY_SECRET = "key-secret-of-the-test-18529-18529-185290"
SECRETS = {"code_secret": CODE_SECRET, "key_secret": KEY_SECRET}


@attrs.define
class Watch:
    """
    What nobody may see, and what was shown.

    Attributes:
        secrets: texts by what they are.
        shown: every result and exception, as people would print them.
    """

    secrets: dict[str, str] = attrs.field(factory=dict)
    shown: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        for phone in (PHONE, STOPPED, BRITISH):
            for spelling in spellings(phone):
                self.secrets[spelling] = "a whole number"
        for name, secret in SECRETS.items():
            self.secrets[secret] = name
        self.secrets[CLIENT] = "a client"
        self.secrets[KEY] = "an idempotency key"

    def found_in(self, text: str | bytes) -> set[str]:
        """Return what of it stands in a text."""
        if isinstance(text, bytes):
            return {name for secret, name in self.secrets.items() if secret.encode() in text}
        return {name for secret, name in self.secrets.items() if secret in text}

    def note_codes(self, texts: list[str]) -> list[str]:
        """Take note of the codes in messages, and return them."""
        codes = [code for text in texts for code in re.findall(rf"\b\d{{{CODE_LENGTH}}}\b", text)]
        assert len(codes) == len(texts)
        self.secrets.update(dict.fromkeys(codes, "a code"))
        return codes

    def show(self, thing: object) -> None:
        """Keep what a program may print of a result."""
        self.shown += [repr(thing), str(thing)]
        if isinstance(thing, BaseException):
            self.shown += traceback.format_exception(thing)
        else:
            self.shown.append(repr(dict(thing)))  # type: ignore[call-overload]


def spellings(phone: str) -> Iterator[str]:
    """Yield a number as it could stand somewhere, all but for what it is commonly called."""
    number = parse_phone(phone)
    assert isinstance(number, PhoneNumber)
    yield phone[1:]
    if phone.startswith("+1"):
        area, middle, last = phone[2:5], phone[5:8], phone[8:]
        yield phone[2:]
        yield f"{area}-{middle}-{last}"
        yield f"({area}) {middle}-{last}"


def wrong(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 10**CODE_LENGTH:0{CODE_LENGTH}d}"


async def play(verifier: SmsVerifier, watch: Watch, texts: Any) -> None:
    """Play every kind of outcome that needs no double; ``texts`` gives the messages so far."""
    send, check = verifier.send_verification_sms, verifier.verify_code

    async def ask(call: Any) -> Any:
        result = await call
        watch.show(result)
        return result

    for _ in range(2):
        await ask(send(PHONE, "MyApp", client_id=CLIENT, idempotency_key=KEY))
        await ask(send("+1 (303) 555-8529", "MyApp"))
    code = watch.note_codes(texts())[-1]
    await ask(check(PHONE, wrong(code), client_id=CLIENT))
    await ask(check(PHONE, code, idempotency_key=KEY))
    await ask(check(PHONE, code, idempotency_key=KEY))
    await ask(check(PHONE, code))
    for _ in range(4):
        await ask(send(PHONE, "MyApp"))
    code = watch.note_codes(texts())[-1]
    for _ in range(6):
        await ask(check(PHONE, wrong(code)))
    await ask(check(PHONE, code))
    for phone in (*MAGIC, BRITISH, STOPPED):
        await ask(send(phone, "MyApp"))
    watch.note_codes(texts())
    await bad_input(verifier, watch, code)
    await concurrently(verifier, watch)
    watch.note_codes(texts())
    watch.show(await verifier.statistics())
    watch.show(await verifier.pool_status())


async def bad_input(verifier: SmsVerifier, watch: Watch, code: str) -> None:
    """Pass numbers and codes where they don't belong, and almost right."""
    send, check = verifier.send_verification_sms, verifier.verify_code
    for phone in (PHONE + "x", PHONE + "0" * 9, f"tel:{PHONE}", PHONE.encode(), [PHONE]):
        watch.show(await send(phone, "MyApp"))  # type: ignore[arg-type]
        watch.show(await check(phone, code))  # type: ignore[arg-type]
    for typed in (code + "\n", f" {code}", [code], code.encode()):
        watch.show(await check(PHONE, typed))  # type: ignore[arg-type]
    for arguments in (
        {"purpose": code},
        {"purpose": [code]},
        {"client_id": CLIENT * 99},
        {"client_id": [CLIENT]},
        {"idempotency_key": KEY * 99},
        {"idempotency_key": {KEY: PHONE}},
    ):
        for call in (send(PHONE, "MyApp", **arguments), check(PHONE, code, **arguments)):
            await raises(call, watch)
    for app in (f"{PHONE}\n", f"{{{code}}}", [PHONE]):
        await raises(send(PHONE, app), watch)  # type: ignore[arg-type]
    await raises(send(PHONE, "MyApp", locale=f"{code}_{PHONE}"), watch)


async def raises(call: Any, watch: Watch) -> None:
    """Keep the exception that a call raises."""
    try:
        await call
    except (TypeError, ValueError) as error:
        watch.show(error)
    else:
        raise AssertionError("It was expected to raise.")


async def concurrently(verifier: SmsVerifier, watch: Watch) -> None:
    """Contend, and go away in the middle."""
    calls = [verifier.send_verification_sms(STOPPED, "MyApp") for _ in range(20)]
    for result in await asyncio.gather(*calls):
        watch.show(result)
    for turns in range(12):
        task = asyncio.create_task(verifier.send_verification_sms("+13035558533", "MyApp"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def play_with_doubles(
    container: Container, watch: Watch, clock: ManualClock, gateway: Any
) -> None:
    """Play what takes time, a provider of many answers, and opt-outs."""
    verifier = container.verifier()
    for count, reason in enumerate(FailureReason):
        gateway.answer_next(Rejected(reason, 21_000 + count))
        phone = f"+1303556{count:04d}"
        watch.secrets[phone[1:]] = "a whole number"
        watch.show(await verifier.send_verification_sms(phone, "MyApp"))
    gateway.answer_next(Uncertain(20500))
    watch.show(await verifier.send_verification_sms(BRITISH, "MyApp"))
    watch.note_codes([message.text for message in gateway.messages])
    clock.advance(601)
    watch.show(await verifier.verify_code(BRITISH, "0" * CODE_LENGTH))
    number = parse_phone(STOPPED)
    assert isinstance(number, PhoneNumber)
    for stop in (True, False, True):
        await container.note_opt_out()(number, opt_out=stop, message_id=f"SM{stop:032x}")
    watch.show(await verifier.send_verification_sms(STOPPED, "MyApp"))
    watch.show(await verifier.statistics())


def reprs_of(root: object) -> Iterator[str]:
    """Yield the repr of an object and of all of ours that can be reached from it."""
    seen: set[int] = set()
    kept: list[object] = []
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        kept.append(one)
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, (list, tuple, set, frozenset)):
            waiting += one
        elif type(one).__module__.startswith("smsverify"):
            yield repr(one)
            if not isinstance(one, str):  # a text that hides its repr is still a text
                yield str(one)
            waiting += held_by(one)


def held_by(one: object) -> Iterator[object]:
    """Yield what an object holds, by its dictionary or its slots."""
    yield from getattr(one, "__dict__", {}).values()
    for kind in type(one).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            with contextlib.suppress(AttributeError):
                yield getattr(one, name)
