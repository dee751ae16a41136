"""The part of a ``REDIS_URL`` behind the question mark, and how a mistake in it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from smsverify.adapters.redis.deployment import Credentials, Topology
from smsverify.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Any, Final
    from urllib.parse import SplitResult

SETTING: Final = "REDIS_URL"

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

OPTIONS_OF_OTHERS: Final = TLS_OPTIONS | {
    "client_name",
    "decode_responses",
    "encoding",
    "health_check_interval",
    "max_connections",
    "protocol",
    "retry_on_error",
    "retry_on_timeout",
    "sentinel_password",
    "sentinel_username",
    "socket_connect_timeout",
    "socket_keepalive",
    "socket_timeout",
    "ssl",
    "timeout",
}
"""Options that addresses bear elsewhere; here they have a place of their own, or none."""


def wrong(what: str) -> ConfigurationError:
    """Return the error that says what is wrong with the address, without a part of it."""
    return ConfigurationError(f"{SETTING} {what}.", setting=SETTING)


class UrlOptions:
    """The part behind the question mark; what nobody takes is refused."""

    def __init__(self, parts: SplitResult) -> None:
        self._left = dict(parse_qsl(parts.query, keep_blank_values=True))

    def take_db(self, path: str) -> int:
        """Give the database: the option's, else the path's."""
        text = self._left.pop("db", path) or "0"
        if not (text.isascii() and text.isdigit()):
            raise wrong("has a database that is no number")
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
                raise wrong("has an ssl_cert_reqs that is not none, optional or required")
        return taken

    def refuse_rest(self) -> None:
        """Refuse options that would otherwise be ignored in silence."""
        for name in self._left:
            # Any other name may be a part of a password that was not percent-encoded.
            which = f"the option {name}" if name in OPTIONS_OF_OTHERS else "an option"
            raise wrong(f"has {which} that means nothing here; remove it")


def _switch(name: str, text: str) -> bool:
    choices = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in choices:
        raise wrong(f"has an {name} that is not true or false")
    return choices[text.lower()]
