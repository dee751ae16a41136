"""
``python -m smsverify.test_sms_verifier`` is ``smsverify selftest``.

The old system's users know the self-test by this name. It holds no tests for pytest.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

__test__ = False


def main() -> int:
    """Run the self-test with the process's arguments, and return its exit status."""
    from smsverify.entrypoints.cli.main import run

    return run(["selftest", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
