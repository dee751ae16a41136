"""Twilio: handing over messages, and checking and reading what comes back to the webhooks."""
