"""The template of the .env file and the reference of the settings, written from the fields."""

from __future__ import annotations

import enum
import itertools
import textwrap
from typing import TYPE_CHECKING

from smsverify.settings.model import variables
from smsverify.settings.topics import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smsverify.settings.variable import Variable

__all__ = ["render_reference", "render_template"]

_WIDTH = 88
_FACT_INDENT = " " * 9

_TEMPLATE_HEAD = """\
Settings of smsverify. Copy this file to .env beside your program and fill it in:

    cp .env.sms.template .env && chmod 600 .env

A plain copy starts with sending disabled. To try everything without an account, set \
SMS_SIMULATION_MODE=true; to send, fill in the two TWILIO_ lines below it. Real environment \
variables win over this file, and an empty value counts as unset. A secret may be in a file \
instead: set NAME_FILE to its path, such as TWILIO_AUTH_TOKEN_FILE=/run/secrets/twilio. Put a \
value that holds # or quotes between single quotes.

`smsverify validate` checks what you wrote. This file is written from the program by \
scripts/render_settings.py; docs/reference/settings.md says the same in full."""

_GROUPS = {
    Group.REQUIRED: "REQUIRED: without one of these nothing is sent.",
    Group.RECOMMENDED: "RECOMMENDED: what a service in production should set.",
    Group.OPTIONAL: "OPTIONAL: the defaults are meant to be right for most.",
}

_REFERENCE_HEAD = """\
# Settings

Every setting is an environment variable and a field of `Settings`. `load_settings()` and
`get_sms_verifier()` read the environment; a `.env` file in the working directory fills in what is
unset there. `create_verifier(Settings(...))` reads neither: a field takes its natural type or the
text that the variable would hold.

- An empty value counts as unset.
- A value that makes no sense is refused with one sentence that names the variable; the value
  itself is never repeated.
- A variable marked *secret* may come from a file instead: with
  `TWILIO_AUTH_TOKEN_FILE=/run/secrets/token` the token is read from there, without the line break
  at its end. Setting both is refused.
- In a `.env` file, put a value that holds `#` or quotes between single quotes. Nothing is expanded
  there.

This page is written by `scripts/render_settings.py` from the same fields that the program reads."""


def render_template() -> str:
    """Give the text of ``.env.sms.template``: every variable, with its default as value."""
    blocks = [_comment(_TEMPLATE_HEAD)]
    for group, in_group in itertools.groupby(variables(), lambda one: one.topic.group):
        blocks.append(f"# {'=' * (_WIDTH - 2)}\n# {_GROUPS[group]}\n# {'=' * (_WIDTH - 2)}")
        for topic, in_topic in itertools.groupby(in_group, lambda one: one.topic):
            blocks.append(f"# --- {topic.title} ---")
            blocks.extend(_template_entry(variable) for variable in in_topic)
    return "\n\n".join(blocks) + "\n"


def render_reference() -> str:
    """Give the text of ``docs/reference/settings.md``."""
    blocks = [_REFERENCE_HEAD, *_summary()]
    for group, in_group in itertools.groupby(variables(), lambda one: one.topic.group):
        name, _, meaning = _GROUPS[group].partition(": ")
        blocks += [f"## {name.capitalize()}", meaning[:1].upper() + meaning[1:]]
        for topic, in_topic in itertools.groupby(in_group, lambda one: one.topic):
            blocks.append(f"### {topic.title}")
            blocks.extend(_reference_entry(variable) for variable in in_topic)
    return "\n\n".join(blocks) + "\n"


def as_text(value: object) -> str:
    """Give the text form of a setting's value: what the variable holds to mean it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.StrEnum):
        return value.value
    if isinstance(value, tuple | frozenset):
        return ",".join(sorted(map(str, value)) if isinstance(value, frozenset) else value)
    return str(value)


def _comment(text: str) -> str:
    lines = []
    for paragraph in text.splitlines():
        indent = " " * (len(paragraph) - len(paragraph.lstrip()))
        lines += _wrapped(paragraph, indent) or [""]
    return "\n".join(f"# {line}".rstrip() for line in lines)


def _wrapped(paragraph: str, indent: str) -> list[str]:
    return textwrap.wrap(
        paragraph,
        _WIDTH - 4,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _template_entry(variable: Variable) -> str:
    default = as_text(variable.default)
    facts = [
        ("Value:  ", variable.kind.expected),
        ("Unit:   ", variable.unit),
        ("Default:", default) if default else ("Unset:  ", variable.unset),
        ("Example:", variable.example),
    ]
    lines = [_comment(variable.help)]
    for label, fact in facts:
        if fact:
            lines += [f"#   {line}" for line in _wrapped(f"{label} {fact}", _FACT_INDENT)]
    return "\n".join([*lines, f"{variable.name}={default}"])


def _reference_entry(variable: Variable) -> str:
    lines = [f"#### `{variable.name}`", "", variable.help, ""]
    lines += [f"- {line}" for line in _facts(variable)]
    return "\n".join(lines)


def _facts(variable: Variable) -> Iterator[str]:
    yield f"Takes {_escaped(variable.kind.expected)}."
    if variable.unit:
        yield f"Unit: {variable.unit}."
    default = as_text(variable.default)
    yield f"Default: `{default}`." if default else f"Unset: {variable.unset}."
    if variable.example:
        yield f"Example: `{variable.example}`"
    yield f"In a program: `Settings({variable.attribute}=...)`."
    if variable.secret:
        yield f"Secret; may come from the file that `{variable.file_name}` names."


def _summary() -> Iterable[str]:
    rows = ["| Variable | Default | Unit | |", "| --- | --- | --- | --- |"]
    for one in variables():
        default = as_text(one.default)
        shown = f"`{default}`" if default else "unset"
        mark = "secret" if one.secret else ""
        rows.append(f"| [`{one.name}`](#{one.name.lower()}) | {shown} | {one.unit} | {mark} |")
    yield "\n".join(rows)


def _escaped(text: str) -> str:
    return text.replace("*", "\\*")
