"""A single server behind TLS."""

from __future__ import annotations

import ssl
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

from tests.integration.servers.asking import HOST
from tests.integration.servers.proxy import FaultProxy
from tests.integration.servers.single import Single


class TlsFront:
    """
    Speaks TLS with clients and passes what they say on to a server.

    Servers are often built without TLS, the wheel's among them; what a client needs to be tested
    with is a real handshake and a certificate to verify, made here and gone with the test.

    Attributes:
        proxy: The relay, for tests of faults over TLS.
        ca_file: The certificate of the authority that clients have to trust.
    """

    def __init__(self, behind: Single, folder: Path) -> None:
        """
        Put TLS before a server.

        Args:
            behind: The server; it stays the caller's.
            folder: Where the authority's certificate is written.
        """
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(context)
        self.ca_file = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self.proxy = FaultProxy(HOST, behind.process.port, ssl_context=context)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Its address for settings, with the authority to trust."""
        return f"{self.proxy.url}?ssl_ca_certs={self.ca_file}"

    def close(self) -> None:
        """End it; the server behind stays up."""
        self.proxy.close()
