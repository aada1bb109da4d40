"""All servers of a run, each with a relay before it."""

from collections.abc import Callable
from pathlib import Path

from attrs import define

from tests.certificates import Authority
from tests.federation.homeservers import Homeserver, Product, Site, free_port
from tests.federation.relay import Relays


@define
class Town:
    """All servers of a run."""

    relays: Relays
    _folder: Path
    authority: Authority
    _new_database: Callable[[], dict[str, str]]
    servers: list[Homeserver]

    def add(self, product: Product, delegates: str = "") -> Homeserver:
        """Start one more server, on the next loopback address.

        Its name is that with the port of its relay, or a name that delegates to there.
        """
        address = f"127.0.0.{len(self.servers) + 2}"
        here = address, free_port(address)
        name = delegates or f"{address}:{here[1]}"
        folder = self._folder / f"{address}-{product.name.lower()}"
        folder.mkdir()
        certificate, key = self.authority.write(folder, address)
        database = self._new_database() if product.name == "Isthmus" else {}
        ports = free_port(address), free_port(address)
        site = Site(name, address, *ports, folder, certificate, key, self.authority.path, database)
        server = Homeserver(product, site, f"{address}:{here[1]}")
        self.relays.add(name, lambda: server.pid, here, (address, site.federation_port))
        self.servers.append(server)
        server.start()
        return server
