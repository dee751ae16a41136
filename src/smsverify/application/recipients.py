"""Who may be sent to: a number that exists, of a country and kind that are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain.number_rules import NumberRefusal, NumberRules, admit_number
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.domain.phone_problem import PhoneProblem

if TYPE_CHECKING:
    from smsverify.application.sender_pool import SenderPool


@attrs.frozen
class Recipients:
    """
    Reads what was typed as a phone, and says whether it may be sent to.

    Attributes:
        rules: kinds and countries.
        default_region: the country of numbers without a calling code, None for none.
        pool: the senders, for their countries.
        home_only: whether only the senders' own countries are allowed: live mode without a list.
    """

    rules: NumberRules
    default_region: str | None
    pool: SenderPool
    home_only: bool

    def read(self, text: object) -> PhoneNumber | PhoneProblem:
        """Return the number that a text spells, or the problem with it."""
        return parse_phone(text, default_region=self.default_region)

    async def admit(self, text: object) -> PhoneNumber | PhoneProblem | NumberRefusal:
        """
        Return the number if it may be sent to, else why not.

        Raises a :class:`~smsverify.errors.StoreError` when the senders had to be looked at and the
        store did not answer: nothing can be sent then.
        """
        number = self.read(text)
        if isinstance(number, PhoneProblem):
            return number
        rules = self.rules
        if self.home_only:
            pool = await self.pool.look_to_write()
            # While no sender is known the country is not to blame: admission says what is missing.
            if pool.senders:
                rules = attrs.evolve(rules, allowed_countries=pool.home)
        return admit_number(number, rules) or number
