"""
``python -m smsverify.sms_config_validator`` is ``smsverify validate``.

The old system's users know the validator by this name.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the validator with the process's arguments, and return its exit status."""
    from smsverify.entrypoints.cli.main import run

    return run(["validate", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
