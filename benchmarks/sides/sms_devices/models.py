"""The device: django-otp's parts for codes by a side channel, with its cooldown and throttling."""

from __future__ import annotations

from typing import Final

from django.db import models
from django_otp.models import CooldownMixin, SideChannelDevice, ThrottlingMixin

INBOX: Final[dict[str, str]] = {}
"""The last code of each phone, for the person who reads it."""

_LIFE_SECONDS = 600


class SmsDevice(CooldownMixin, ThrottlingMixin, SideChannelDevice):  # type: ignore[misc]
    """A phone that gets codes; wired as django-otp wires its own device for e-mail."""

    number = models.CharField(max_length=16, db_index=True)

    class Meta(SideChannelDevice.Meta):  # type: ignore[misc]
        """Its table."""

        app_label = "sms_devices"
        abstract = False

    def generate_challenge(self) -> str:
        """Make a code, store it, and hand it to a gateway that sends nothing."""
        allowed, _ = self.generate_is_allowed()
        if not allowed:
            return "Wait before you ask again."
        self.cooldown_set(commit=False)
        self.generate_token(valid_secs=_LIFE_SECONDS, commit=True)
        INBOX[self.number] = self.token
        return "sent by SMS"

    def verify_token(self, token: str) -> bool:
        """Check a code, and throttle after a wrong one."""
        allowed, _ = self.verify_is_allowed()
        if not allowed:
            return False
        if super().verify_token(token):
            self.throttle_reset()
            return True
        self.throttle_increment()
        return False

    def get_cooldown_duration(self) -> int:
        """No pause between two codes, as smsverify's default."""
        return 0

    def get_throttle_factor(self) -> int:
        """The default of django-otp's own devices."""
        return 1
