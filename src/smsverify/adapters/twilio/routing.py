"""Where a request really goes: to Twilio's hosts, or to the one that stands in for all of them."""

from __future__ import annotations

from urllib.parse import urlsplit


class ForeignAddress(ValueError):
    """An address that is not Twilio's; no request goes there, and the message does not show it."""


def route(url: str, base_url: str | None) -> str:
    """
    Return the address to ask instead of ``url``.

    Without a base address, ``url`` itself, if it is one of Twilio's hosts over https. With one, its
    scheme, host and port take the place of Twilio's, and the path stays as it is: an egress proxy
    tells the products apart by the path. An answer can name a next page elsewhere; that, like
    everything that is not Twilio's, raises :class:`ForeignAddress`.
    """
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}"
    if base_url is not None and place == base_url.rstrip("/"):
        return url
    host = parts.netloc.lower()
    if parts.scheme != "https" or not (host == "twilio.com" or host.endswith(".twilio.com")):
        raise ForeignAddress("not an address of Twilio's API: look at TWILIO_API_BASE_URL")
    return url if base_url is None else base_url.rstrip("/") + url[len(place) :]
