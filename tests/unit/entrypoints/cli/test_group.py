from __future__ import annotations

import sys

import click
import pytest

from smsverify.entrypoints.cli.group import LazyGroup

LAZY = {
    "first": ("smsverify.entrypoints.cli.stats", "Say the first."),
    "another": ("a.module.that.is.not.there", "Say another."),
}


@pytest.fixture
def group() -> LazyGroup:
    """Give a group of two commands, one of which can't be loaded."""
    return LazyGroup(name="tool", lazy=LAZY)


def test_help_lists_the_commands_in_their_order_and_imports_none(group: LazyGroup) -> None:
    """The list of commands needs no module: not even one that is not there."""
    shown = group.get_help(click.Context(group, info_name="tool"))

    assert shown.index("first    Say the first.") < shown.index("another  Say another.")
    assert "a.module.that.is.not.there" not in sys.modules


def test_a_command_is_imported_when_it_is_asked_for(group: LazyGroup) -> None:
    """A name leads to the command of its module."""
    command = group.get_command(click.Context(group), "first")

    assert command is not None
    assert command.name == "stats"


def test_an_unknown_name_is_no_command(group: LazyGroup) -> None:
    """A name that is not listed gives none, so that click can say so."""
    assert group.get_command(click.Context(group), "third") is None
