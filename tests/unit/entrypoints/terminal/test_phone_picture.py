from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from smsverify.adapters.builtin.senders import sender_of
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.entrypoints.terminal.phone_picture import PHONE_WIDTH, show_messages
from smsverify.ports.gateway import OutgoingSms


def message(text: str) -> OutgoingSms:
    """Give a message of the simulation."""
    phone = parse_phone("+15551234567")
    assert isinstance(phone, PhoneNumber)
    return OutgoingSms(phone, text, sender_of("+17205550100"), 600, "p:x", b"12345678")


def shown(*texts: str, terminal: bool, indent: int = 0) -> list[str]:
    """Give the lines that are shown of some messages."""
    out = Console(
        file=io.StringIO(),
        force_terminal=terminal,
        color_system=None,
        width=80,
        soft_wrap=not terminal,
    )
    show_messages(out, [message(text) for text in texts], indent=indent)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "MyApp: your verification code is 123456. Do not share it with anyone.",
        "Short: 123456",
        "MyApp: 验证码是 123456,请勿告诉任何人。验证码是 123456,请勿告诉任何人。",
        "MyApp: 123456\n\n@example.com #123456",
        "Averylongwordthatcannotbebrokenanywhereatallbecauseithasnospaces 123456",
    ],
)
def test_a_terminal_shows_a_phone_with_straight_sides(text: str) -> None:
    """The picture is as wide on every line, whatever the message's letters are."""
    lines = shown(text, terminal=True)

    assert {cell_len(line.rstrip()) for line in lines} == {PHONE_WIDTH}
    assert "+17205550100" in lines[1]
    assert "123456" in "".join(lines)


def test_several_messages_are_bubbles_of_one_phone() -> None:
    """A conversation is shown in one picture, oldest first."""
    lines = shown("First: 123456", "Second: 654321", terminal=True)
    whole = "\n".join(lines)

    assert whole.count("+17205550100") == 1
    assert whole.index("First: 123456") < whole.index("Second: 654321")


def test_without_a_terminal_the_text_is_shown_as_it_is() -> None:
    """A program finds every line of the message unbroken, and who sent it."""
    text = "MyApp: your verification code is 123456. Do not share it with anyone, ever, please."

    assert shown(f"{text}\n\n@example.com #123456", terminal=False) == [
        "SMS from +17205550100:",
        f"  {text}",
        "  ",
        "  @example.com #123456",
    ]


def test_the_picture_can_be_moved_to_the_right() -> None:
    """An indent moves every line, on a terminal and elsewhere."""
    for terminal in (True, False):
        plain = shown("MyApp: 123456", terminal=terminal)
        moved = shown("MyApp: 123456", terminal=terminal, indent=4)
        assert [line.rstrip() for line in moved] == [f"    {line}".rstrip() for line in plain]
