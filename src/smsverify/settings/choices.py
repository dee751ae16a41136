"""The words that some settings choose from."""

from __future__ import annotations

import enum

__all__ = ["LogFormat", "LogLevel", "StoreKind"]


class StoreKind(enum.StrEnum):
    """Where records are kept."""

    REDIS = "redis"
    """A Redis or Valkey server, for several machines."""
    SQLITE = "sqlite"
    """One file, for the processes of one machine."""
    MEMORY = "memory"
    """This process only; gone when it ends."""


class LogLevel(enum.StrEnum):
    """What is logged: this level and those after it."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class LogFormat(enum.StrEnum):
    """What a log line looks like."""

    CONSOLE = "console"
    """For people."""
    JSON = "json"
    """One JSON object a line, for programs."""
