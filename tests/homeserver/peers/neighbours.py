"""Whole servers side by side in one network, and a server of the tests' own making."""

from pathlib import Path
from typing import Any

from attrs import define, evolve, field
from nacl.signing import SigningKey

from homeserver.config.network import Federation, TrustedKeyServer
from homeserver.config.settings import Settings
from homeserver.config.storage import SqliteDatabase
from homeserver.events.signatures import sign_json
from homeserver.events.unpadded_base64 import encode_base64
from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from homeserver.json_values import JsonObject
from homeserver.peers.signing import Credentials, canonical_content, signed_bytes
from tests.internet import Internet, Website
from tests.people import Server

FEDERATION = ("federation", "keys")
DAY_MS = 86_400_000


@define(eq=False)
class Neighbours:
    """Starts Isthmus servers that find one another on port 8448."""

    internet: Internet
    _settings: Settings
    _folder: Path
    _running: dict[str, Server] = field(factory=dict)

    def starts(self, name: str, *, trusts: tuple[str, ...] = (), **federation: Any) -> Server:
        """A second start of a name ends the first."""
        if name in self._running:
            self._running.pop(name).stop()
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        federation.setdefault("ip_range_denylist", ())
        federation.setdefault("custom_ca_paths", (self.internet.authority.path,))
        settings = evolve(
            self._settings,
            server_name=name,
            database=SqliteDatabase(path=folder / "homeserver.db"),
            signing_key_path=folder / "signing.key",
            federation=Federation(**federation),
            trusted_key_servers=tuple(TrustedKeyServer(server_name=other) for other in trusts),
        )
        server = Server(settings, self.internet)
        self._running[name] = server
        self.internet.run(server.app.peers.start())
        factory = server.app.factory(FEDERATION)
        address = self.address_of(name)
        self.internet.listen(address, 8448, factory, name)
        return server

    def address_of(self, name: str) -> str:
        """A new one for a new name."""
        hosts = self.internet.hosts
        hosts.setdefault(name, [f"198.51.100.{len(hosts) + 10}"])
        return hosts[name][0]

    def stop(self) -> None:
        for server in self._running.values():
            server.stop()


@define(eq=False)
class Stranger:
    """A server of which tests decide what it says. It signs as it should unless told otherwise."""

    neighbours: Neighbours
    name: str
    key: SigningKey = field(factory=lambda: SigningKey(b"\1" * 32))
    key_id: str = "ed25519:s"
    says: JsonObject = field(factory=dict)
    status: int = 200
    old_keys: JsonObject = field(factory=dict)
    lifetime_ms: int = DAY_MS
    document: Any = None
    """Published instead of the keys."""
    website: Website = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.website = Website(self.answer)
        self.comes()

    def comes(self) -> None:
        internet = self.neighbours.internet
        address = self.neighbours.address_of(self.name)
        internet.listen(address, 8448, self.website.factory(internet.clock), self.name)

    def goes(self) -> None:
        """Nobody is there any more, not even on connections that were kept."""
        internet = self.neighbours.internet
        internet.unlisten(self.neighbours.address_of(self.name), 8448)

    def answer(self, request: Request) -> Response:
        if request.path == "/_matrix/key/v2/server":
            return json_response(self.keys() if self.document is None else self.document)
        return json_response(self.says, self.status)

    def keys(self) -> JsonObject:
        public = encode_base64(self.key.verify_key.encode())
        document = {
            "server_name": self.name,
            "verify_keys": {self.key_id: {"key": public}},
            "old_verify_keys": self.old_keys,
            "valid_until_ts": self.neighbours.internet.clock.now_ms() + self.lifetime_ms,
        }
        return self.signs(document)

    def signs(self, document: JsonObject) -> JsonObject:
        return sign_json(document, self.name, self.named_key())

    def named_key(self) -> Any:
        return NamedKey(self.key, *self.key_id.split(":"))

    def header(self, method: str, uri: str, to: str | None, body: JsonObject | None = None) -> str:
        content = None if body is None else canonical_content(body)
        message = signed_bytes(method, uri, self.name, to, content)
        signature = encode_base64(self.key.sign(message).signature)
        return Credentials(self.name, to, self.key_id, signature).header()

    def asked(self, path: str) -> int:
        """How often somebody asked for the path."""
        return sum(request.path == path for request in self.website.requests)


@define
class NamedKey:
    """A key with the names that `sign_json` wants."""

    _key: SigningKey
    alg: str
    version: str

    def sign(self, message: bytes) -> Any:
        return self._key.sign(message)
