"""Invites to an address that turns out to be somebody's of another server."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from nacl.signing import SigningKey
from signedjson.key import NACL_ED25519
from signedjson.sign import sign_json
from unpaddedbase64 import encode_base64

from homeserver.peers.errors import RemoteError
from tests.linked_servers import LinkedServer
from tests.people import FakeTransport, JsonObject, Person

Pair = list[LinkedServer]
V1 = "/_matrix/federation/v1"
TOKEN = "abc123"


@pytest.fixture
def identity() -> Any:
    """The key of an identity server."""
    key: Any = SigningKey(bytes([9]) * 32)
    key.alg, key.version = NACL_ED25519, "0"
    return key


@pytest.fixture
def people(pair: Pair) -> tuple[Person, Person]:
    return pair[0].person("alice"), pair[1].person("bob")


@pytest.fixture
def room(people: tuple[Person, Person], identity: Any) -> str:
    alice, _ = people
    room = alice.creates_room(preset="private_chat", name="Tea")
    content = {
        "display_name": "b...@e...",
        "public_key": encode_base64(bytes(identity.verify_key)),
        "key_validity_url": "https://id.example/valid",
    }
    alice.sets(room, "m.room.third_party_invite", content, TOKEN)
    return room


def signed(identity: Any, user_id: str, token: str = TOKEN) -> JsonObject:
    return dict(sign_json({"mxid": user_id, "token": token}, "id.example", identity))


def onbind(room: str, user_id: str, proof: JsonObject, sender: str = "@alice:a") -> JsonObject:
    address = {"medium": "email", "address": "bob@example.org", "mxid": user_id}
    return {**address, "invites": [{**address, "room_id": room, "sender": sender, "signed": proof}]}


def tells(server: LinkedServer, body: JsonObject) -> int:
    """As an identity server, which signs nothing."""
    data = json.dumps(body).encode()
    connection = server.federation.buildProtocol(None)
    transport = FakeTransport()
    connection.makeConnection(transport)  # type: ignore[no-untyped-call]
    head = f"PUT {V1}/3pid/onbind HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
    connection.dataReceived(head.encode() + data)
    return int(transport.written.split()[1])


def test_who_has_bound_the_address_is_invited_and_may_join(
    pair: Pair, people: tuple[Person, Person], room: str, identity: Any
) -> None:
    a, b = pair
    alice, bob = people

    assert tells(b, onbind(room, bob.user_id, signed(identity, bob.user_id))) == 200

    assert bob.syncs().invites() == [room]
    invite = a.event(a.state_of(room)["m.room.member", bob.user_id])
    assert invite.sender == alice.user_id
    assert invite.content["third_party_invite"]["display_name"] == "b...@e..."
    bob.post(f"/v3/join/{room}?via=a")
    assert a.state_of(room) == b.state_of(room)


def test_a_user_of_the_inviting_server_is_invited_there(
    pair: Pair, people: tuple[Person, Person], room: str, identity: Any
) -> None:
    a, _ = pair
    carol = a.person("carol")

    assert tells(a, onbind(room, carol.user_id, signed(identity, carol.user_id))) == 200

    assert carol.syncs().invites() == [room]


def test_what_the_identity_server_has_not_signed_invites_nobody(
    pair: Pair, people: tuple[Person, Person], room: str, identity: Any
) -> None:
    _, b = pair
    _, bob = people
    other: Any = SigningKey(bytes([8]) * 32)
    other.alg, other.version = NACL_ED25519, "0"

    for proof in (
        signed(other, bob.user_id),
        signed(identity, "@mallory:b"),
        signed(identity, bob.user_id, "another token"),
        {"mxid": bob.user_id, "token": TOKEN},
    ):
        assert tells(b, onbind(room, bob.user_id, proof)) == 200

    assert bob.syncs().invites() == []


def test_strangers_and_nonsense_are_refused(
    pair: Pair, people: tuple[Person, Person], room: str, identity: Any
) -> None:
    _, b = pair
    _, bob = people
    proof = signed(identity, bob.user_id)

    assert tells(b, onbind(room, "@alice:a", proof)) == 404
    assert tells(b, onbind(room, "@nobody:b", proof)) == 404
    assert tells(b, {"mxid": bob.user_id}) == 400
    assert tells(b, onbind("nonsense", bob.user_id, proof)) == 400
    event = {
        "type": "m.room.member",
        "room_id": room,
        "sender": "@alice:a",
        "state_key": bob.user_id,
        "content": {
            "membership": "invite",
            "third_party_invite": {"display_name": "x", "signed": signed(identity, "@eve:b")},
        },
    }
    path = f"{V1}/exchange_third_party_invite/{quote(room)}"
    for change, status in (
        ({}, 403),
        ({"state_key": "@eve:c"}, 403),
        ({"sender": "@eve:b"}, 403),
        ({"room_id": "!other:a"}, 400),
        ({"type": "m.room.name"}, 400),
        ({"content": {"membership": "join"}}, 400),
    ):
        with pytest.raises(RemoteError) as refused:
            b.asks("a", "PUT", path, body={**event, **change})
        assert refused.value.status == status, change
