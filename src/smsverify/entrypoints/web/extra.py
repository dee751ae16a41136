"""What to tell somebody who lacks the libraries that webhooks over HTTP need."""

from __future__ import annotations


def missing_web(error: ImportError) -> ImportError:
    """Return the error to raise in place of ``error``; it names the extra to install."""
    library = (error.name or "a library").partition(".")[0]
    return ImportError(
        f"Webhooks over HTTP need {library}, which is not installed. "
        "Install it with: pip install 'smsverify[web]'",
        name=error.name,
    )
