"""
What Django projects pick: django-phone-verify, and django-otp with a device of its own for SMS.

Both are called below their views, as the first lines of a view would, with a gateway that sends
nothing. SQLite is set up for speed: write-ahead log, no flush to disk at each commit, and writers
that wait in line instead of failing.
"""

# ruff: noqa: PLC0415 - Django's modules can be imported once it is set up, not before

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from benchmarks.sides.side import ThreadOperation, phone_of

_LIFE_SECONDS = 600
_INIT = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"


def configure(folder: Path, *apps: str) -> None:
    """Set up Django with an SQLite file in `folder`."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="a secret of fifty characters, and good for nothing else",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(_file_in(folder)),
                "OPTIONS": {"init_command": _INIT, "timeout": 30, "transaction_mode": "IMMEDIATE"},
            }
        },
        PHONE_VERIFICATION={
            "BACKEND": "benchmarks.sides.fake_backend.FakeBackend",
            "OPTIONS": {},
            "TOKEN_LENGTH": 6,
            "MESSAGE": "{app}: your code is {security_code}.",
            "APP_NAME": "MyApp",
            "SECURITY_CODE_EXPIRATION_SECONDS": _LIFE_SECONDS,
            "VERIFY_SECURITY_CODE_ONLY_ONCE": True,
        },
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


class _DjangoSide:
    """What the two have in common."""

    threaded = True

    def __init__(self, folder: Path) -> None:
        self._file = _file_in(folder)
        self._statements = 0
        self.operations: dict[str, ThreadOperation] = {
            "round": self._round,
            "counted": self._counted,
        }

    async def close(self) -> None:
        """The file goes with its folder."""

    async def prepare(self, operation: str) -> None:
        """Empty the tables, in a thread, for Django refuses to block an event loop."""
        await asyncio.to_thread(self._empty)
        if operation == "counted":
            await asyncio.to_thread(_say, "VACUUM")

    def spent(self) -> dict[str, int]:
        """Give the SQL statements of all counted rounds, and the bytes of the whole file."""
        _say("PRAGMA wal_checkpoint(TRUNCATE)")
        return {"statements": self._statements, "bytes": self._file.stat().st_size}

    def _counted(self, number: int) -> None:
        from django.db import connection

        with connection.execute_wrapper(self._count):
            self._round(number)

    def _count(self, execute: Any, *arguments: Any) -> Any:
        self._statements += 1
        return execute(*arguments)

    def _empty(self) -> None:
        raise NotImplementedError

    def _round(self, number: int) -> None:
        raise NotImplementedError


def _file_in(folder: Path) -> Path:
    return folder / "django.sqlite3"


def _say(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()


class PhoneVerify(_DjangoSide):
    """django-phone-verify, its service and its backend's check."""

    def __init__(self, folder: Path) -> None:
        configure(folder, "phone_verify")
        from phone_verify.models import SMSVerification
        from phone_verify.services import send_security_code_and_generate_session_token

        from benchmarks.sides.fake_backend import FakeBackend

        super().__init__(folder)
        self._rows: Any = SMSVerification.objects
        self._send = send_security_code_and_generate_session_token
        self._backend = FakeBackend()

    def _empty(self) -> None:
        self._rows.all().delete()

    def _round(self, number: int) -> None:
        phone = phone_of(number)
        token = self._send(phone)
        code = self._backend.codes.pop(phone)
        _, verdict = self._backend.validate_security_code(code, phone, token)
        assert verdict == self._backend.SECURITY_CODE_VALID, verdict


class Otp(_DjangoSide):
    """django-otp: a device for the phone, its challenge, and the library's own check by id."""

    def __init__(self, folder: Path) -> None:
        configure(folder, "django_otp", "benchmarks.sides.sms_devices")
        from django.contrib.auth.models import User
        from django_otp import verify_token

        from benchmarks.sides.sms_devices.models import INBOX, SmsDevice

        super().__init__(folder)
        # One user for all phones: what a service pays for its users is no part of this.
        self._user = User.objects.create(username="everybody")
        self._devices: Any = SmsDevice.objects
        self._inbox = INBOX
        self._verify = verify_token

    def _empty(self) -> None:
        self._devices.all().delete()

    def _round(self, number: int) -> None:
        phone = phone_of(number)
        device = self._devices.create(user=self._user, number=phone)
        device.generate_challenge()
        verified = self._verify(self._user, device.persistent_id, self._inbox.pop(phone))
        assert verified == device, verified
