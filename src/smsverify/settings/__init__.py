"""
The settings: what can be set, how it is read and checked, and the documents that list it.

The only reader of the environment. ``.env.sms.template`` and ``docs/reference/settings.md`` are
written from the fields of :class:`Settings`.

What only a validator or a writer of documents needs is imported from its own module, so that a
program which just starts does not load it: :mod:`.documents`, :mod:`.unknown`, :mod:`.examples`.
"""

from __future__ import annotations

from smsverify.settings.choices import LogFormat, LogLevel, StoreKind
from smsverify.settings.dollar_table import DollarTable
from smsverify.settings.dotenv_file import find_dotenv
from smsverify.settings.environment import collect_problems, load_settings
from smsverify.settings.lists import ALL_COUNTRIES
from smsverify.settings.model import DEFAULT_REDIS_URL, Settings, variables
from smsverify.settings.rules import SettingProblem
from smsverify.settings.variable import Variable

__all__ = [
    "ALL_COUNTRIES",
    "DEFAULT_REDIS_URL",
    "DollarTable",
    "LogFormat",
    "LogLevel",
    "SettingProblem",
    "Settings",
    "StoreKind",
    "Variable",
    "collect_problems",
    "find_dotenv",
    "load_settings",
    "variables",
]
