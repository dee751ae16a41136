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

import enum
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import attrs

from smsverify.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Any, Final

__all__ = ["Address", "Deployment", "Topology", "parse_redis_url"]

SETTING: Final = "REDIS_URL"
SERVER_PORT: Final = 6_379
SENTINEL_PORT: Final = 26_379
HIGHEST_PORT: Final = 65_535


class Topology(enum.StrEnum):
    """How the servers are arranged, and so how the one that takes our writes is found."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@attrs.frozen
class Address:
    """Where one server listens: a host and a port, or a socket's path with port 0."""

    host: str
    port: int

    def __str__(self) -> str:
        if not self.port:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@attrs.frozen
class Credentials:
    """Who we are to a server; shows nothing."""

    username: str | None = attrs.field(default=None, repr=False)
    password: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Deployment:
    """
    Everything that a ``REDIS_URL`` says.

    Attributes:
        topology: how the servers are arranged.
        addresses: the server; or the sentinels; or some nodes of the cluster.
        service: what the sentinels call the primary and its replicas.
        db: the number of the database.
        tls: whether to speak TLS.
        credentials: for the servers that keep the data.
        sentinel_credentials: for the sentinels.
        tls_options: redis-py's options that begin with ``ssl_``.
    """

    topology: Topology
    addresses: tuple[Address, ...]
    service: str = ""
    db: int = 0
    tls: bool = False
    credentials: Credentials = Credentials()
    sentinel_credentials: Credentials = Credentials()
    tls_options: dict[str, Any] = attrs.field(factory=dict, repr=False)


def parse_redis_url(url: str) -> Deployment:
    """
    Take a ``REDIS_URL`` apart, without any I/O.

    Raises :class:`~smsverify.errors.ConfigurationError` that says what is wrong; the message never
    holds a part of the address, for it may be a password that was not percent-encoded.
    """
    parts = _split(url)
    scheme, _, kind = parts.scheme.partition("+")
    if scheme == "unix" and not kind:
        return _on_socket(parts)
    if scheme not in {"redis", "rediss"} or kind not in {"", "sentinel", "cluster"}:
        raise _wrong(
            "must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
        )
    topology = Topology(kind or "single")
    options = _Options(parts)
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
    raise _wrong("is no URL")


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"{SETTING} {what}.", setting=SETTING)


def _on_socket(parts: SplitResult) -> Deployment:
    options = _Options(parts)
    path = unquote(parts.path)
    if len(path) <= 1 or parts.netloc.rpartition("@")[2]:
        raise _wrong("must name a socket as in unix:///run/redis.sock")
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
        raise _wrong("names several hosts; use redis+sentinel:// or redis+cluster://")
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
        raise _wrong("has an empty host")
    if not port:
        return Address(unquote(host), default_port)
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= HIGHEST_PORT):
        raise _wrong("has a port that is no number from 1 to 65535")
    return Address(unquote(host), int(port))


def _path(parts: SplitResult, topology: Topology, options: _Options) -> tuple[str, int]:
    """Give the service and the database that the path and the options name."""
    path = unquote(parts.path).removeprefix("/")
    if topology is Topology.SENTINEL:
        if not path or "/" in path:
            raise _wrong("must name the service, as in redis+sentinel://host:port/service")
        return path, options.take_db("")
    db = options.take_db(path)
    if topology is Topology.CLUSTER and db:
        raise _wrong("names a database, and a cluster has only database 0")
    return "", db


class _Options:
    """The part behind the question mark; what nobody takes is refused."""

    def __init__(self, parts: SplitResult) -> None:
        self._left = dict(parse_qsl(parts.query, keep_blank_values=True))

    def take_db(self, path: str) -> int:
        """Give the database: the option's, else the path's."""
        text = self._left.pop("db", path) or "0"
        if not (text.isascii() and text.isdigit()):
            raise _wrong("has a database that is no number")
        return int(text)

    def take_sentinel_credentials(self, topology: Topology) -> Credentials:
        """Give what the sentinels themselves ask for."""
        if topology is not Topology.SENTINEL:
            return Credentials()
        return Credentials(
            self._left.pop("sentinel_username", None), self._left.pop("sentinel_password", None)
        )

    def take_tls(self) -> dict[str, Any]:
        """Give redis-py's options for TLS, each in the type that it wants."""
        taken: dict[str, Any] = {}
        for name in TLS_OPTIONS & self._left.keys():
            text = self._left.pop(name)
            taken[name] = text
            if name == "ssl_check_hostname":
                taken[name] = _switch(name, text)
            elif name == "ssl_cert_reqs" and text not in {"none", "optional", "required"}:
                raise _wrong("has an ssl_cert_reqs that is not none, optional or required")
        return taken

    def refuse_rest(self) -> None:
        """Refuse options that would otherwise be ignored in silence."""
        for name in self._left:
            known = name if name.isascii() and name.isidentifier() else "of that name"
            raise _wrong(f"has an option {known} that is not known here; remove it")


def _switch(name: str, text: str) -> bool:
    choices = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in choices:
        raise _wrong(f"has an {name} that is not true or false")
    return choices[text.lower()]


TLS_OPTIONS: Final = frozenset(
    {
        "ssl_ca_certs",
        "ssl_ca_data",
        "ssl_ca_path",
        "ssl_cert_reqs",
        "ssl_certfile",
        "ssl_check_hostname",
        "ssl_ciphers",
        "ssl_keyfile",
        "ssl_password",
    }
)
"""Those of redis-py's options for TLS that a text can express."""
