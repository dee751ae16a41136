"""Webhooks over HTTP: an ASGI application around the verifier's own handling of them."""
