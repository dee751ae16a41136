"""Requests of any shape: a stranger's change nothing, Twilio's own only what they may."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.domain.delivery import RANK
from smsverify.testing import CountsCalls
from tests.integration.twilio_server.account import Account, Message
from tests.integration.twilio_server.webhooks import Webhooks
from tests.unit.kit import SENDERS, Kit, build

PHONE: Final = "+13035550123"
BASE: Final = "https://sms.example.com/base"
ACCOUNT: Final = Account()
ROUTES: Final = ("/webhooks/twilio/status", "/webhooks/twilio/inbound")
REFUSALS: Final = {403, 404, 405}

text = st.text(st.characters(codec="utf-8"), max_size=60)
paths = st.one_of(
    st.sampled_from([*ROUTES, "/base" + ROUTES[0], "/base" + ROUTES[1]]),
    st.builds("{}?{}".format, st.sampled_from(ROUTES), text),
    text,
    st.sampled_from(["", "/", "//", "?", "/\x00", "/webhooks/twilio/status/../inbound"]),
)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            ["Content-Type", "content-type", "X-Twilio-Signature", "x-twilio-signature", "Host"]
        )
        | text,
        st.sampled_from(
            [
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded; charset=UTF-8",
                "application/json",
                "",
                "A" * 28,
                "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
            ]
        )
        | st.text(max_size=40),
    ),
    max_size=5,
)
STOP: Final = urlencode(
    {"AccountSid": ACCOUNT.sid, "MessageSid": "SM" + "1" * 32, "From": PHONE, "Body": "STOP"}
).encode()
"""All that a stranger may know: only the signature is missing."""
bodies = st.one_of(
    st.just(STOP),
    st.binary(max_size=300),
    text.map(str.encode),
    st.sampled_from([b"", b"&&&", b"a=%", b"a=%zz", b"=", b"\xff" * 50, b"a=1&a=2", b"x" * 70_000]),
)
FORM: Final = [("Content-Type", "application/x-www-form-urlencoded")]


def live() -> Kit:
    """Build a kit that takes webhooks."""
    return build(
        CountsCalls,
        simulation_mode=False,
        twilio_account_sid=ACCOUNT.sid,
        twilio_auth_token=ACCOUNT.token,
        public_base_url=BASE,
        webhook_secret="webhook-secret-of-at-least-32-characters",
        allowed_countries="US",
    )


@given(st.sampled_from(["POST", "post", "GET", "PUT", ""]) | text, paths, headers, bodies)
@example("POST", ROUTES[0], [], b"")
@example("POST", ROUTES[1], FORM, STOP)
@example("POST", ROUTES[1], [*FORM, ("X-Twilio-Signature", "")], STOP)
def test_a_strangers_request_changes_nothing(
    method: str, path: str, pairs: list[tuple[str, str]], body: bytes
) -> None:
    """Whatever comes unsigned is refused, without a question to the store."""

    async def run() -> None:
        kit = live()
        answer = await kit.verifier.handle_webhook(method, path, pairs, body)
        assert answer.status in REFUSALS
        assert isinstance(kit.store, CountsCalls)
        assert (kit.store.loads, kit.store.answers) == (0, [])

    asyncio.run(run())


STATUSES: Final = [
    "queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled", "read", "",
]  # fmt: skip
changes = st.dictionaries(
    st.sampled_from(
        [
            "MessageStatus",
            "ErrorCode",
            "From",
            "To",
            "Body",
            "OptOutType",
            "SmsStatus",
            "MessageSid",
        ]
    )
    | text.filter(bool),
    st.sampled_from([*STATUSES, "STOP", "START", "30007", "-1", "9" * 400, "SM" + "0" * 32, PHONE])
    | text,
    max_size=6,
)


async def message_of(kit: Kit) -> Message:
    """Send a code, and return the message as Twilio knows it."""
    result = await kit.verifier.send_verification_sms(PHONE, "MyApp")
    handed = kit.gateway.messages[-1]
    addresses = kit.container.callbacks()
    assert addresses is not None
    address = addresses.address(handed.record, handed.attempt)
    assert result.message_id is not None
    return Message(PHONE, handed.sender.address, callback=address, sid=result.message_id)


@given(st.lists(st.tuples(st.sampled_from(STATUSES), changes), min_size=1, max_size=5))
def test_signed_receipts_of_any_content_only_raise_the_state(
    posts: list[tuple[str, dict[str, str]]],
) -> None:
    """Each is answered 200 or 403, the state never falls, and money stays where it is."""

    async def run() -> None:
        kit = live()
        message = await message_of(kit)
        spent = (await kit.day())["spent"]
        rank = await rank_now(kit)
        for status, more in posts:
            request = Webhooks(ACCOUNT).receipt(message, status, **without_account(more))
            answer = await kit.verifier.handle_webhook(
                "POST", request.path_and_query, request.headers, request.body
            )
            assert answer.status in {200, 403}
            raised = await rank_now(kit)
            assert raised >= rank
            rank = raised
        assert (await kit.day())["spent"] == spent

    asyncio.run(run())


@given(text | st.sampled_from(["STOP", "stop ", "START", "Stop all"]), changes)
def test_signed_messages_of_any_content_at_most_opt_out(body: str, more: dict[str, str]) -> None:
    """What people answer is taken or ignored, and sends nothing."""

    async def run() -> None:
        kit = live()
        await message_of(kit)
        request = Webhooks(ACCOUNT).sign(
            BASE + ROUTES[1],
            {
                "AccountSid": ACCOUNT.sid,
                "MessageSid": "SM" + "1" * 32,
                "From": PHONE,
                "To": SENDERS[0].address,
                "Body": body,
                **without_account(more),
            },
        )
        answer = await kit.verifier.handle_webhook(
            "POST", request.path_and_query, request.headers, request.body
        )
        assert answer.status in {200, 403}
        record = await kit.record(PHONE)
        assert record is not None
        assert len(record.attempts) == len(kit.gateway.messages) == 1

    asyncio.run(run())


async def rank_now(kit: Kit) -> int:
    """Return how high a fact is known of the one attempt."""
    record = await kit.record(PHONE)
    assert record is not None
    return RANK[record.attempts[-1].state]


def without_account(fields: dict[str, str]) -> dict[str, Any]:
    """Leave out what the request is built from anyway."""
    taken = {"self", "message", "status", "error_code", "token", "AccountSid"}
    return {name: value for name, value in fields.items() if name not in taken}
