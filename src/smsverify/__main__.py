"""``python -m smsverify``, and the command ``smsverify``: the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name, and end the process with its exit status."""
    from smsverify.entrypoints.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
