"""A policy server of the tests, and what is said past it."""

from collections.abc import Callable
from typing import Any

from attrs import define, field
from nacl.signing import SigningKey
from signedjson.key import NACL_ED25519

from homeserver.errors import MatrixError, Unrecognized
from homeserver.events.building import Draft
from homeserver.events.hashes import signable
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.events.signatures import POLICY_KEY_ID, signature
from homeserver.events.unpadded_base64 import encode_base64
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.rooms import timeline
from homeserver.storage.transaction import Transaction
from tests.linked_servers import LinkedServer
from tests.outcomes import outcome
from tests.people import JsonObject, Person

VERSION = ROOM_VERSIONS["12"]
OK: JsonObject = {}


def new_key(seed: int) -> Any:
    key: Any = SigningKey(bytes([seed]) * 32)
    key.alg, key.version = NACL_ED25519, "policy_server"
    return key


@define(eq=False)
class PolicyServer:
    """`judge` raises what it has against an event."""

    name: str
    key: Any = field(factory=lambda: new_key(7))
    judge: Callable[[JsonObject], object] = field(default=lambda pdu: None)
    asked: list[str] = field(factory=list)
    is_old: bool = False

    @property
    def public_key(self) -> str:
        return encode_base64(bytes(self.key.verify_key))

    @route("POST", "/_matrix/policy/v1/sign", access=Access.SERVER)
    async def sign(self, request: Request) -> JsonObject:
        if self.is_old:
            raise Unrecognized("What is that?")
        return self._sign(request.json_object())

    @route("POST", "/_matrix/policy/unstable/org.matrix.msc4284/sign", access=Access.SERVER)
    async def sign_old(self, request: Request) -> JsonObject:
        return self._sign(request.json_object())

    def _sign(self, pdu: JsonObject) -> JsonObject:
        self.asked.append(pdu["content"].get("body", pdu["type"]))
        if self.judge(pdu) is OK:
            return OK
        return {self.name: {POLICY_KEY_ID: signature(signable(pdu, VERSION), self.key)}}


def stable(policy: PolicyServer) -> JsonObject:
    return {"via": "ps", "public_keys": {"ed25519": policy.public_key}}


def refuses(word: str) -> Callable[[JsonObject], object]:
    def judge(pdu: JsonObject) -> None:
        if word in str(pdu["content"]):
            raise MatrixError("This looks like spam", errcode="M_FORBIDDEN", status=400)

    return judge


def sends_without_asking(server: LinkedServer, room: str, sender: Person, body: str) -> str:
    """As a server would that knows nothing of policy servers."""
    author = server.author
    draft = Draft("m.room.message", {"msgtype": "m.text", "body": body})

    def append(txn: Transaction) -> str:
        head = timeline.head(txn, room)
        assert head is not None
        event = author.write(txn, head, sender.user_id, draft)
        timeline.append(txn, head, event)
        return event.event_id

    return outcome(server.database.write(append))


def has_word(server: LinkedServer, event_id: str) -> bool:
    return POLICY_KEY_ID in server.pdu(event_id)["signatures"].get("ps", {})
