"""What to tell somebody who lacks the libraries that webhooks over HTTP need."""

from __future__ import annotations


def missing_web(error: ImportError) -> ImportError:
    """Return the error to raise in place of ``error``; it names the extra to install."""
    return ImportError(
        f"Webhooks over HTTP need {error.name}, which is not installed. "
        "Install it with: pip install 'smsverify[web]'",
        name=error.name,
    )
