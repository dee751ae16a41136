"""Which text a message has: by language, with the operator's own words first."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import attrs

from smsverify.domain.languages import choose_text
from smsverify.domain.message import MessageTemplate, message_template, render
from smsverify.domain.segments import count_segments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@functools.lru_cache(maxsize=1024)
def _segments(template: MessageTemplate, app_name: str, digits: int) -> int:
    """Count once for each app and text: every digit takes the same room, so any code will do."""
    return count_segments(render(template, app_name, "0" * digits)).segments


@attrs.frozen
class MessageTexts:
    """
    The texts in force.

    Attributes:
        default: for no locale and for languages without a text.
        overrides: the operator's own texts by language.
        only: the operator's text for all languages, None for none.
        origin_host: the website in the last line, None for none.
        android_app_hash: the app's hash at the end, None for none.
        digits: how long codes are.
    """

    default: str
    overrides: Mapping[str, str]
    only: str | None = None
    origin_host: str | None = None
    android_app_hash: str | None = None
    digits: int = 6

    def choose(self, locale: str | None, app_name: str) -> tuple[Callable[[str], str], int]:
        """Return how to render a code, and how many segments that takes."""
        text = self.only
        if text is None:
            text = choose_text(locale, self.overrides, self.default)
        template = message_template(text, self.origin_host, self.android_app_hash)
        return functools.partial(render, template, app_name), _segments(
            template, app_name, self.digits
        )
