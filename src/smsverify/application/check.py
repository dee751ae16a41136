"""Checking what a person typed: one commit if the answer counts, one load if it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.check import CheckRequest, check_code
from smsverify.domain.decisions import Approved, Refused, Wrong

if TYPE_CHECKING:
    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.keys import Keys
    from smsverify.application.refusal_counts import RefusalCounts
    from smsverify.domain.code import CodeKeys
    from smsverify.domain.decisions import PhoneDecision
    from smsverify.domain.periods import Millis
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.entropy import Entropy


class CheckVerification:
    """Checks one answer; one object serves all calls, loops and threads."""

    def __init__(
        self,
        *,
        loop: CommitLoop[PhoneRecord],
        policy: Policy,
        keys: Keys,
        code_keys: CodeKeys,
        entropy: Entropy,
        refusals: RefusalCounts,
    ) -> None:
        self._loop = loop
        self._policy = policy
        self._keys = keys
        self._code_keys = code_keys
        self._entropy = entropy
        self._refusals = refusals

    async def __call__(
        self,
        phone: PhoneNumber,
        purpose: str,
        typed: bytes,
        *,
        idempotency_key: str | None = None,
        client: str | None = None,
    ) -> Approved | Wrong | Refused:
        """
        Return the verdict on ``typed``, which is known to have a code's form.

        Raises a :class:`~smsverify.errors.StoreError` when it could not be decided: the answer then
        may or may not have been counted, and an approval may have been written. A caller that gives
        an idempotency key can ask again.
        """
        request = CheckRequest(
            operation=self._entropy.token(8),
            phone=phone,
            purpose=purpose,
            typed=typed,
            keys=self._code_keys,
            key_hash=self._keys.idempotency(idempotency_key),
            client=client,
        )

        def decide(
            record: PhoneRecord | None, now: Millis
        ) -> PhoneDecision[Approved | Wrong | Refused]:
            return check_code(record, request, now, self._policy)

        verdict = await self._loop.run(self._keys.phone(phone), decide)
        if isinstance(verdict, Refused):
            self._refusals.count_check(verdict.code)
        return verdict
