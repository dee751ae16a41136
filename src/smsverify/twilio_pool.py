"""The state of the sender numbers: ``from smsverify.twilio_pool import get_pool_status``."""

from __future__ import annotations

__all__ = ["get_pool_status"]


def get_pool_status(*, show_numbers: bool = False) -> dict[str, object]:
    """
    Return this process's senders as a plain dict, ready for JSON.

    Each sender has its number (masked unless ``show_numbers``), whether it is available or rests,
    until when and why, its area code and today's count; beside them stand totals and ``as_of``.
    The verifier is the one of :func:`smsverify.sms_verifier.get_sms_verifier`; in disabled mode
    there are no senders, and ``error`` says why. In a thread whose event loop runs it is the last
    snapshot. Raises :class:`~smsverify.errors.ConfigurationError` for a setting that makes no
    sense.
    """
    from smsverify.sms_verifier import get_sms_verifier

    return get_sms_verifier().get_pool_status(show_numbers=show_numbers)
