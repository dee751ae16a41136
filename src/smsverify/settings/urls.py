"""Kinds of settings that hold a URL: the Redis server, and addresses on the web."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from smsverify.settings.kind import Kind, Secret, Unfit, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["redis_url", "web_address"]

# A host name or an address of IPv4, or one of IPv6 in brackets, and perhaps a port.
_HOST = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
)
_DATABASE = re.compile(r"/?|/[0-9]{1,5}")
_SERVICE = re.compile(r"/[A-Za-z0-9._-]{1,255}")
_HIGHEST_PORT = 65_535


def redis_url() -> Kind:
    """Give the kind of a Redis address; it counts as a secret, since it may hold a password."""

    def parse(value: object) -> Secret:
        text, url = _split(value)
        check = _REDIS_SCHEMES.get(url.scheme)
        if check is None or not check(url):
            raise Unfit
        return Secret(text)

    return Kind(
        "a URL of one of the forms redis://host:6379/0, rediss://host:6379/0, unix:///path/to.sock,"
        " redis+sentinel://host:port,host:port/service or redis+cluster://host:port,host:port"
        " (rediss+... for TLS), with special characters of a password percent-encoded",
        parse,
    )


def web_address(*, path: bool) -> Kind:
    """Give the kind of an address on the web; without `path` it ends after the host and port."""

    def parse(value: object) -> str:
        text, url = _split(value)
        if url.scheme not in {"http", "https"} or not _is_host(url.netloc):
            raise Unfit
        if "?" in text or "#" in text or (url.path.strip("/") and not path):
            raise Unfit
        if url.scheme == "http" and not _is_loopback(url.hostname or ""):
            raise Unfit("http is for this machine only")
        return text.rstrip("/")

    ending = "without a query" if path else "without a path"
    return Kind(
        f"a URL such as https://sms.example.com, with https unless its host is this machine,"
        f" {ending}, user name or fragment",
        parse,
    )


def _split(value: object) -> tuple[str, SplitResult]:
    text = text_of(value)
    # urlsplit drops tabs and line breaks, and what it then gives is not what was written.
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Unfit
    try:
        return text, urlsplit(text)
    except ValueError:
        pass
    raise Unfit


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    if match is None:
        return False
    port = match["port"]
    return port is None or 1 <= int(port) <= _HIGHEST_PORT


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hosts(url: SplitResult) -> list[str]:
    return url.netloc.rpartition("@")[2].split(",")


def _is_single(url: SplitResult) -> bool:
    hosts = _hosts(url)
    return len(hosts) == 1 and _is_host(hosts[0]) and _DATABASE.fullmatch(url.path) is not None


def _is_socket(url: SplitResult) -> bool:
    return not _hosts(url)[0] and len(url.path) > 1


def _is_sentinel(url: SplitResult) -> bool:
    return all(map(_is_host, _hosts(url))) and _SERVICE.fullmatch(url.path) is not None


def _is_cluster(url: SplitResult) -> bool:
    # A cluster has no database but 0.
    return all(map(_is_host, _hosts(url))) and url.path in {"", "/", "/0"}


_REDIS_SCHEMES: dict[str, Callable[[SplitResult], bool]] = {
    "redis": _is_single,
    "rediss": _is_single,
    "unix": _is_socket,
    "redis+sentinel": _is_sentinel,
    "rediss+sentinel": _is_sentinel,
    "redis+cluster": _is_cluster,
    "rediss+cluster": _is_cluster,
}
