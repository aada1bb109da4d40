"""What goes out on real sockets, of a process of its own: a name server, TLS, and the door."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json
import sys
from pathlib import Path

from twisted.internet import defer, task
from twisted.names import client, common, dns, error, server
from twisted.protocols.tls import TLSMemoryBIOFactory

from homeserver.clock import SystemClock
from homeserver.config.network import PRIVATE_RANGES
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.http.outgoing_names import SystemDns
from homeserver.http.outgoing_tls import Trust
from homeserver.http.response import Response
from tests.certificates import Authority
from tests.internet import Website

SRV = dns.Record_SRV(1, 2, 99, b"host.example.net", 77)


class Zone(common.ResolverBase):
    def _lookup(self, name, cls, type, timeout):
        if name == b"there.example":
            return defer.succeed(([dns.RRHeader(name, dns.SRV, ttl=77, payload=SRV)], [], []))
        if name == b"empty.example":
            return defer.succeed(([], [], []))
        if name == b"absent.example":
            return defer.fail(error.AuthoritativeDomainError(name))
        return defer.fail(error.DNSServerError(name))


async def main(reactor):
    clock = SystemClock(reactor)
    system = SystemDns(reactor)
    zone = dns.DNSDatagramProtocol(server.DNSServerFactory(authorities=[Zone()]))
    port = reactor.listenUDP(0, zone, interface="127.0.0.1").getHost().port
    system._resolver = client.Resolver(servers=[("127.0.0.1", port)], reactor=reactor)
    said = {}
    for name in ("there.example", "empty.example", "absent.example", "broken.example"):
        services = await system.services(name)
        said[name] = [(s.host, s.port, s.priority, s.weight, s.ttl) for s in services]

    authority = Authority(Path(sys.argv[1]))
    website = Website(lambda request: Response(b'{"here": true}'))
    secured = TLSMemoryBIOFactory(
        authority.tls("localhost", "127.0.0.1"), False, website.factory(clock), reactor
    )
    web = reactor.listenTCP(0, secured, interface="127.0.0.1").getHost().port

    async def ask(host, denied, trust):
        door = Client(
            reactor, clock, Connections(reactor, system, AddressRules(denied), trust)
        )
        try:
            return await door.get_json(f"https://{host}:{web}/")
        except OutgoingError as error:
            return type(error).__name__

    trust = Trust((authority.path,))
    said["by name"] = await ask("localhost", (), trust)
    said["by address"] = await ask("127.0.0.1", (), trust)
    said["denied"] = await ask("localhost", PRIVATE_RANGES, trust)
    said["denied spelling"] = await ask("0x7f000001", PRIVATE_RANGES, trust)
    said["unknown authority"] = await ask("localhost", (), Trust())
    print(json.dumps(said))


task.react(lambda reactor: defer.Deferred.fromCoroutine(main(reactor)))
"""


def test_names_and_requests_on_real_sockets(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "there.example": [["host.example.net", 99, 1, 2, 77]],
        "empty.example": [],
        "absent.example": [],
        "broken.example": [],
        "by name": {"here": True},
        "by address": {"here": True},
        "denied": "RefusedAddress",
        "denied spelling": "RefusedAddress",
        "unknown authority": "BadTls",
    }
