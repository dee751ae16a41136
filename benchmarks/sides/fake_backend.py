"""A backend for django-phone-verify that sends nothing; Django imports it by name."""

from __future__ import annotations

from typing import ClassVar

from phone_verify.backends.base import BaseBackend


class FakeBackend(BaseBackend):  # type: ignore[misc]
    """Keeps the code of each phone, in the process, for the person who reads it."""

    codes: ClassVar[dict[str, str]] = {}

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.exception_class = OSError

    def send_sms(self, number: str, message: str) -> None:
        """Take one message."""
        self.codes[number] = message[-7:-1]

    def send_bulk_sms(self, numbers: list[str], message: str) -> None:
        """Take one message for many."""
        for number in numbers:
            self.send_sms(number, message)
