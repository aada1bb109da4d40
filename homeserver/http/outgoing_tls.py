"""Whom this server believes to be who they say."""

from collections.abc import Callable
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from attrs import define
from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import CertificateError, VerificationError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

Check = Callable[[SSL.Connection, X509, int, int, int], bool]


@define(eq=False, slots=False)
class Trust:
    """The system's authorities and those of `authority_paths` (PEM); all that connect share one
    context.

    With `verify` false anybody is believed, for tests and closed networks.
    """

    _authority_paths: tuple[Path, ...] = ()
    _verify: bool = True
    _protocols: tuple[bytes, ...] = (b"http/1.1",)
    """What will be spoken inside (RFC 7301); none where it is not said."""

    def tls_for(self, name: str) -> IOpenSSLClientConnectionCreator:
        """TLS with somebody whose certificate is for this host name or IP address."""
        return _Client(self._context, name, self._verify)

    @cached_property
    def _context(self) -> SSL.Context:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_COMPRESSION)
        if self._protocols:
            context.set_alpn_protos(list(self._protocols))
        context.set_default_verify_paths()
        for path in self._authority_paths:
            context.load_verify_locations(str(path))
        return context


@implementer(IOpenSSLClientConnectionCreator)
@define(eq=False)
class _Client:
    _context: SSL.Context
    _name: str
    _verify: bool

    def clientConnectionForTLS(
        self,
        tlsProtocol: TLSMemoryBIOProtocol,  # noqa: N803
    ) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        is_address = _is_address(self._name)
        if not is_address:
            # RFC 6066 knows no server names that are addresses.
            connection.set_tlsext_host_name(self._name.encode("ascii"))
        if self._verify:
            wanted = IPAddress_ID(self._name) if is_address else DNS_ID(self._name)
            connection.set_verify(
                SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _check(tlsProtocol, wanted)
            )
        else:
            connection.set_verify(SSL.VERIFY_NONE)
        return connection


def _check(protocol: TLSMemoryBIOProtocol, wanted: DNS_ID | IPAddress_ID) -> Check:
    """Called for each certificate of the chain; the one of depth 0 must bear the name."""

    def check(_: SSL.Connection, certificate: X509, error: int, depth: int, ok: int) -> bool:
        if not ok or depth:
            return bool(ok)
        try:
            verify_service_identity(extract_patterns(certificate), [wanted], [])
        except (VerificationError, CertificateError):
            protocol.failVerification(Failure())  # type: ignore[no-untyped-call]
            return False
        return True

    return check


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
