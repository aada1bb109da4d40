"""Opens the ports of a listener, with TLS where it has a certificate."""

from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from OpenSSL.crypto import X509, PKey
from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import CertificateOptions, TLSVersion

from homeserver.config.listeners import Listener, Tls


async def listen(reactor: Any, listener: Listener, factory: Factory) -> list[IListeningPort]:
    """Raises CannotListenError if a port is taken, and ValueError for a bad certificate or key."""
    ports: list[IListeningPort] = []
    for address in listener.bind_addresses:
        ports.append(await endpoint(reactor, listener, address).listen(factory))
    return ports


def endpoint(reactor: Any, listener: Listener, address: str) -> IStreamServerEndpoint:
    if listener.tls is not None:
        return SSL4ServerEndpoint(  # type: ignore[no-untyped-call]
            reactor, listener.port, certificate_options(listener.tls), interface=address
        )
    kind = TCP6ServerEndpoint if ":" in address else TCP4ServerEndpoint
    return kind(reactor, listener.port, interface=address)


def certificate_options(tls: Tls) -> CertificateOptions:
    """The certificate, then those that vouch for it, as they stand in the file."""
    own, *chain = load_pem_x509_certificates(tls.certificate_path.read_bytes())
    key: Any = load_pem_private_key(tls.private_key_path.read_bytes(), password=None)
    return CertificateOptions(
        privateKey=PKey.from_cryptography_key(key),
        certificate=X509.from_cryptography(own),
        extraCertChain=[X509.from_cryptography(certificate) for certificate in chain],
        raiseMinimumTo=TLSVersion.TLSv1_2,
        acceptableProtocols=[b"http/1.1"],
    )
