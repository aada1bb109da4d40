"""Ports, with and without TLS, on real sockets of a process of its own."""

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.homeserver.http.shop import exchange, read_answers

SERVER = """
import sys
from pathlib import Path
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from homeserver.clock import SystemClock
from homeserver.config.listeners import Listener, Tls
from homeserver.http.listening import listen
from homeserver.http.protocol import HttpFactory
from tests.homeserver.http.shop import Shop

tls = None
if len(sys.argv) > 2:
    tls = Tls(certificate_path=Path(sys.argv[1]), private_key_path=Path(sys.argv[2]))
factory = HttpFactory(Shop().site, SystemClock(reactor), [])

async def start():
    listener = Listener(port=0, bind_addresses=("127.0.0.1",), tls=tls)
    (port,) = await listen(reactor, listener, factory)
    print(port.getHost().port, flush=True)

reactor.callWhenRunning(lambda: Deferred.fromCoroutine(start()))
reactor.run()
"""

Key = ec.EllipticCurvePrivateKey


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certify(subject: str, key: Key, issuer: str, issuer_key: Key) -> x509.Certificate:
    now = datetime.now(UTC)
    is_authority = subject != "localhost"
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


@pytest.fixture
def certificates(tmp_path: Path) -> tuple[Path, Path, ssl.SSLContext]:
    """Chain and key of a server, and a client that knows only the root, not what lies between."""
    root, between, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    chain = [
        certify("localhost", own, "between", between),
        certify("between", between, "root", root),
    ]
    chain_path, key_path = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain_path.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in chain))
    key_path.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    trusted = certify("root", root, "root", root).public_bytes(Encoding.PEM).decode()
    return chain_path, key_path, ssl.create_default_context(cadata=trusted)


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Starts a shop on a port of the system's choice; the port."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: Path) -> int:
        command = [sys.executable, "-c", SERVER, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        return int(process.stdout.readline())

    yield start
    for process in processes:
        process.kill()
        process.communicate()


CLOSE = b"Host: localhost\r\nConnection: close\r\n\r\n"


def test_requests_over_a_socket(serve: Callable[..., int]) -> None:
    port = serve()
    requests = b"GET /_shop/hello?name=%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
    sent = b"".join(requests % number for number in range(20))

    answers = read_answers(
        asyncio.run(exchange(port, sent + b"GET /_shop/large HTTP/1.1\r\n" + CLOSE))
    )

    names = [json.loads(body)["hello"] for _, _, body in answers[:-1]]
    assert names == [str(number) for number in range(20)]
    assert len(answers[-1][2]) == 200_000


def test_too_much_over_a_socket_still_gets_its_answer(serve: Callable[..., int]) -> None:
    """Without lingering the kernel would throw the answer away with what nobody has read."""
    head = b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: 30000000\r\n" + CLOSE
    ((status, _, _),) = read_answers(asyncio.run(exchange(serve(), head + b" " * 30_000_000)))

    assert status == 413


def test_https_with_the_whole_chain(
    serve: Callable[..., int], certificates: tuple[Path, Path, ssl.SSLContext]
) -> None:
    chain, key, client = certificates
    port = serve(chain, key)
    sent = b"GET /_shop/large HTTP/1.1\r\nHost: localhost\r\n\r\nGET /_shop/hello HTTP/1.1\r\n"

    first, second = read_answers(
        asyncio.run(exchange(port, sent + CLOSE, ssl=client, server_hostname="localhost"))
    )

    assert (first[0], len(first[2])) == (200, 200_000)
    assert json.loads(second[2]) == {"hello": "world"}


def test_who_speaks_no_tls_gets_nothing(
    serve: Callable[..., int], certificates: tuple[Path, Path, ssl.SSLContext]
) -> None:
    chain, key, _ = certificates

    answer = asyncio.run(exchange(serve(chain, key), b"GET /_shop/hello HTTP/1.1\r\n" + CLOSE))
    assert b"HTTP/1.1" not in answer
