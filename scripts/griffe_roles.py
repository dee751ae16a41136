"""
For the documentation's build: cross-references in docstrings as plain code.

Docstrings name things as ``:class:`~package.Name```, which editors understand and the site's
Markdown does not. mkdocstrings loads this file, as ``zensical.toml`` says.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:class|meth|func|mod|data|attr|exc):`(~?)\.?([\w.]+)`")


def plain(text: str) -> str:
    """Return a docstring with each reference as code: whole, or its last part after a tilde."""
    return ROLE.sub(lambda one: f"`{one[2].rpartition('.')[2] if one[1] else one[2]}`", text)


class PlainRoles(griffe.Extension):
    """Rewrites each docstring as it is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one object's docstring."""
        if obj.docstring is not None:
            obj.docstring.value = plain(obj.docstring.value)
