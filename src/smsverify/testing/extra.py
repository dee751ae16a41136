"""What to tell somebody who lacks the libraries that some of these modules need."""

from __future__ import annotations


def missing_extra(error: ImportError) -> ImportError:
    """Return the error to raise in place of ``error``; it names the extra to install."""
    return ImportError(
        f"This module of smsverify.testing needs {error.name}, which is not installed. "
        "Install it with: pip install 'smsverify[testing]'",
        name=error.name,
    )
