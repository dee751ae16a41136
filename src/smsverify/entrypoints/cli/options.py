"""Options that several commands share."""

from __future__ import annotations

from typing import Final

import click

PHONE: Final = click.argument("phone")

PURPOSE: Final = click.option(
    "--purpose",
    metavar="P",
    help="What the code is for: one of SMS_PURPOSES.  [default: the first]",
)
CLIENT_ID: Final = click.option(
    "--client-id", metavar="C", help="Whom to count this call for: an address or a device."
)
IDEMPOTENCY_KEY: Final = click.option(
    "--idempotency-key",
    metavar="K",
    help="Your name for this call: the same again gets the same answer.",
)
JSON: Final = click.option(
    "--json", "as_json", is_flag=True, help="Write one JSON object, for programs."
)
