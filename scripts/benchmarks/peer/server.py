"""The peer on the network: HTTP over TLS, for what a joining server asks."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

import orjson
from attrs import define, field
from signedjson.key import generate_signing_key

from homeserver.events.signatures import key_id, sign_json
from homeserver.events.unpadded_base64 import encode_base64
from homeserver.json_values import JsonObject
from scripts.benchmarks.peer.rooms import Identity, PeerRoom
from scripts.benchmarks.servers import free_port
from tests.certificates import Authority

HOST = "127.0.0.1"
GOODBYE_S = 0.1
"""For those who were cut off to notice it."""
FAR_AWAY_MS = 4_000_000_000_000


@define(eq=False)
class Peer:
    """Its name is its address, so that nobody has to look it up."""

    identity: Identity
    authority: Path
    rooms: dict[str, PeerRoom] = field(factory=dict)
    heard: asyncio.Event = field(factory=asyncio.Event)
    """Set once somebody has sent an event here."""

    def makes_room(self, members: int) -> PeerRoom:
        room = PeerRoom(self.identity, members)
        self.rooms[room.room_id] = room
        return room

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        for pattern, say in _ANSWERS:
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return 200, orjson.dumps(
                    say(self, [unquote(part) for part in found.groups()], body)
                )
        return 404, b'{"errcode":"M_NOT_FOUND","error":"The peer of the benchmark lacks this."}'

    async def respond(
        self, writer: asyncio.StreamWriter, method: str, path: str, body: bytes
    ) -> None:
        write_answer(writer, *self.answer(method, path, body))
        await writer.drain()

    def keys(self, _: list[str], __: bytes) -> JsonObject:
        key = self.identity.key
        document: JsonObject = {
            "server_name": self.identity.server_name,
            "verify_keys": {key_id(key): {"key": encode_base64(key.verify_key.encode())}},
            "old_verify_keys": {},
            "valid_until_ts": FAR_AWAY_MS,
        }
        return sign_json(document, self.identity.server_name, key)

    def make_join(self, parts: list[str], _: bytes) -> JsonObject:
        room_id, user_id = parts
        return self.rooms[room_id].proposal(user_id)

    def send_join(self, parts: list[str], body: bytes) -> JsonObject:
        return self.rooms[parts[0]].admits(orjson.loads(body))

    def take(self, _: list[str], body: bytes) -> JsonObject:
        """A transaction, whose events become the newest of their rooms."""
        for pdu in orjson.loads(body)["pdus"]:
            self.rooms[pdu["room_id"]].hears(pdu)
            self.heard.set()
        return {"pdus": {}}

    def version(self, _: list[str], __: bytes) -> JsonObject:
        return {"server": {"name": "peer of the benchmark", "version": "1"}}


PeerT = TypeVar("PeerT", bound=Peer)

_FEDERATION = "/_matrix/federation"
_ANSWERS = (
    ("GET /_matrix/key/v2/server", Peer.keys),
    (rf"GET {_FEDERATION}/v1/version", Peer.version),
    (rf"GET {_FEDERATION}/v1/make_join/([^/?]+)/([^/?]+)(?:\?.*)?", Peer.make_join),
    (rf"PUT {_FEDERATION}/v2/send_join/([^/?]+)/[^/?]+(?:\?.*)?", Peer.send_join),
    (rf"PUT {_FEDERATION}/v1/send/[^/?]+", Peer.take),
)


@asynccontextmanager
async def peer_listening(
    folder: Path, kind: type[PeerT], authority: Authority
) -> AsyncIterator[PeerT]:
    """Behind TLS, with a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.write(folder, HOST))
    port = free_port()
    identity = Identity(f"{HOST}:{port}", generate_signing_key("bench"))
    peer = kind(identity, authority.path)

    callers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.add(writer)
        await _converse(peer, reader, writer)
        callers.discard(writer)

    server = await asyncio.start_server(serve, HOST, port, ssl=context)
    try:
        yield peer
    finally:
        server.close()
        for writer in callers:
            writer.transport.abort()
        await asyncio.sleep(GOODBYE_S)


def write_answer(writer: asyncio.StreamWriter, status: int, answer: bytes) -> None:
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(answer)}\r\n\r\n"
    )
    writer.write(head.encode() + answer)


async def _converse(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines if line)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            method, path, _ = first.split(" ")
            await peer.respond(writer, method, path, body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
