"""A certificate authority made for one run of the tests."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

_START = datetime.now(UTC) - timedelta(days=1)


class Authority:
    """Signs certificates for any names."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of tests")])
        self._certificate = (
            self._new(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def tls(self, *names: str) -> "ServerTls":
        """What a server of these names, or addresses, serves TLS with."""
        certificate, key = self._issue(*names)
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        return ServerTls(context)

    def write(self, folder: Path, *names: str) -> tuple[Path, Path]:
        """The files of a certificate and its key, for a server with settings."""
        certificate, key = self._issue(*names)
        paths = folder / "certificate.pem", folder / "certificate.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def _issue(self, *names: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A server of tests")])
        certificate = (
            self._new(subject, key)
            .add_extension(
                x509.SubjectAlternativeName([_general(name) for name in names]), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return certificate, key

    def _new(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_START)
            .not_valid_after(_START + timedelta(days=30))
        )


@implementer(IOpenSSLServerConnectionCreator)
class ServerTls:
    """`asked_for` are the names that clients said they came for (SNI)."""

    def __init__(self, context: SSL.Context) -> None:
        self.asked_for: list[str | None] = []
        context.set_tlsext_servername_callback(self._note)
        self._context = context

    def serverConnectionForTLS(self, _: object) -> SSL.Connection:
        return SSL.Connection(self._context, None)

    def _note(self, connection: SSL.Connection) -> None:
        name = connection.get_servername()
        self.asked_for.append(name.decode() if name else None)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
