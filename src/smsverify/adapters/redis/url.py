"""
The address of a Redis deployment: what stands in ``REDIS_URL``, taken apart.

- ``redis://[user:password@]host[:port][/database]``, ``rediss://`` for TLS
- ``unix://[user:password@]/path/to.sock[?db=0]``
- ``redis+sentinel://[user:password@]host[:port],host[:port]/service[?db=0]``; user and password
  are the data servers', the sentinels' own go into ``sentinel_username`` and ``sentinel_password``
- ``redis+cluster://[user:password@]host[:port],host[:port]``; ``rediss+...`` for TLS

Special characters of a password are percent-encoded. For TLS the options ``ssl_...`` of redis-py
may follow, such as ``?ssl_ca_certs=/etc/ca.pem``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from smsverify.adapters.redis.deployment import Address, Credentials, Deployment, Topology
from smsverify.adapters.redis.url_options import UrlOptions, wrong

if TYPE_CHECKING:
    from typing import Final

SERVER_PORT: Final = 6_379
SENTINEL_PORT: Final = 26_379
HIGHEST_PORT: Final = 65_535


def parse_redis_url(url: str) -> Deployment:
    """
    Take a ``REDIS_URL`` apart, without any I/O.

    Raises :class:`~smsverify.errors.ConfigurationError` that says what is wrong; the message never
    holds a part of the address, for it may be a password that was not percent-encoded.
    """
    parts = _split(url)
    if parts.fragment:
        raise wrong("holds a #; percent-encode it as %23")
    scheme, _, kind = parts.scheme.partition("+")
    if scheme == "unix" and not kind:
        return _on_socket(parts)
    if scheme not in {"redis", "rediss"} or kind not in {"", "sentinel", "cluster"}:
        raise wrong(
            "must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
        )
    topology = Topology(kind or "single")
    options = UrlOptions(parts)
    service, db = _path(parts, topology, options)
    deployment = Deployment(
        topology=topology,
        addresses=_addresses(parts, topology),
        service=service,
        db=db,
        tls=scheme == "rediss",
        credentials=_credentials(parts),
        sentinel_credentials=options.take_sentinel_credentials(topology),
        tls_options=options.take_tls() if scheme == "rediss" else {},
    )
    options.refuse_rest()
    return deployment


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        pass
    raise wrong("is no URL")


def _on_socket(parts: SplitResult) -> Deployment:
    options = UrlOptions(parts)
    path = unquote(parts.path)
    if len(path) <= 1 or parts.netloc.rpartition("@")[2]:
        raise wrong("must name a socket as in unix:///run/redis.sock")
    deployment = Deployment(
        topology=Topology.SINGLE,
        addresses=(Address(path, 0),),
        db=options.take_db(""),
        credentials=_credentials(parts),
    )
    options.refuse_rest()
    return deployment


def _credentials(parts: SplitResult) -> Credentials:
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    return Credentials(unquote(user) or None, unquote(password) or None)


def _addresses(parts: SplitResult, topology: Topology) -> tuple[Address, ...]:
    hosts = parts.netloc.rpartition("@")[2].split(",")
    if topology is Topology.SINGLE and len(hosts) > 1:
        raise wrong("names several hosts; use redis+sentinel:// or redis+cluster://")
    default = SENTINEL_PORT if topology is Topology.SENTINEL else SERVER_PORT
    if hosts == [""] and topology is Topology.SINGLE:
        hosts = ["localhost"]
    return tuple(_address(host, default) for host in hosts)


def _address(text: str, default_port: int) -> Address:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") if rest.startswith(":") else rest and "?"
    else:
        host, colon, port = text.partition(":")
        port = port or colon
    if not host:
        raise wrong("has an empty host")
    if not port:
        return Address(unquote(host), default_port)
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= HIGHEST_PORT):
        raise wrong("has a port that is no number from 1 to 65535")
    return Address(unquote(host), int(port))


def _path(parts: SplitResult, topology: Topology, options: UrlOptions) -> tuple[str, int]:
    """Give the service and the database that the path and the options name."""
    path = unquote(parts.path).removeprefix("/")
    if topology is Topology.SENTINEL:
        if not path or "/" in path:
            raise wrong("must name the service, as in redis+sentinel://host:port/service")
        return path, options.take_db("")
    db = options.take_db(path)
    if topology is Topology.CLUSTER and db:
        raise wrong("names a database, and a cluster has only database 0")
    return "", db
