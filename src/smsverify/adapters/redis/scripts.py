"""The two scripts of the store, as they lie beside this module, and how they are called."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

import attrs
from hiredis import pack_command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, TypeAlias

    Argument: TypeAlias = str | bytes | int


@attrs.frozen
class Script:
    """
    A Lua script.

    Attributes:
        source: its text.
        name: what a server calls it once it has seen it: the SHA-1 of the text, in hex.
    """

    source: bytes = attrs.field(repr=False)
    name: bytes

    def call(self, keys: Sequence[Argument], arguments: Sequence[Argument]) -> bytes:
        """Return the bytes of a call by name: short, and refused by a server that forgot it."""
        return _pack(b"EVALSHA", self.name, len(keys), *keys, *arguments)

    def call_in_full(self, keys: Sequence[Argument], arguments: Sequence[Argument]) -> bytes:
        """Return the bytes of a call that brings the script along, which every server takes."""
        return _pack(b"EVAL", self.source, len(keys), *keys, *arguments)


def _pack(*words: Argument) -> bytes:
    # The stub of hiredis takes its tuple for one of a single element.
    packed: bytes = pack_command(words)  # type: ignore[arg-type]
    return packed


def _read(file: str) -> Script:
    source = files("smsverify.adapters.redis").joinpath(file).read_bytes()
    # The name that Redis gives it; nothing is protected by it.
    return Script(source, hashlib.sha1(source, usedforsecurity=False).hexdigest().encode())


LOAD: Final = _read("load.lua")
COMMIT: Final = _read("commit.lua")
