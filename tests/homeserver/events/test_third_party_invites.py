from typing import Any

import pytest
from nacl.signing import SigningKey

from homeserver.events.canonical import canonical_json
from homeserver.events.third_party_invites import public_keys
from homeserver.events.unpadded_base64 import encode_base64, encode_urlsafe_base64
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALICE, ALL, ALLOWED, BOB, MALLORY, Room

KEY = SigningKey(b"k" * 32)
PUBLIC_KEY = encode_base64(bytes(KEY.verify_key))
OTHER_KEY = encode_base64(bytes(SigningKey(b"o" * 32).verify_key))


def signed(
    mxid: str = BOB, token: str = "token", key: SigningKey = KEY, key_id: str = "ed25519:0"
) -> JsonObject:
    covered = {"mxid": mxid, "token": token}
    signature = encode_base64(key.sign(canonical_json(covered)).signature)
    return {**covered, "signatures": {"id.example": {key_id: signature}}}


def room_with_invite(
    id: str = "12", invite: JsonObject | None = None, sender: str = ALICE, **memberships: Any
) -> Room:
    room = Room.of(id, **{"alice": "join", **memberships})
    invite = {"public_key": PUBLIC_KEY} if invite is None else invite
    room.put("m.room.third_party_invite", invite, "token", sender=sender)
    return room


def verdict(room: Room, part: Any, sender: str = ALICE, target: str = BOB) -> str:
    content = {"membership": "invite", "third_party_invite": part}
    return room.verdict("m.room.member", content, target, sender=sender)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize(
    "invite",
    [
        {"public_key": PUBLIC_KEY},
        {"public_keys": [{"public_key": OTHER_KEY}, {"public_key": PUBLIC_KEY}]},
        {"public_key": OTHER_KEY, "public_keys": [5, {}, {"public_key": PUBLIC_KEY}]},
        {"public_key": encode_urlsafe_base64(bytes(KEY.verify_key))},
    ],
)
def test_who_was_meant_is_invited(invite: Any, id: str) -> None:
    assert verdict(room_with_invite(id, invite), {"signed": signed()}) == ALLOWED


@pytest.mark.parametrize("id", ALL)
def test_the_sender_of_the_invite_need_no_longer_be_there(id: str) -> None:
    assert verdict(room_with_invite(id, alice="leave"), {"signed": signed()}) == ALLOWED


@pytest.mark.parametrize("id", ALL)
def test_the_banned_are_not_invited(id: str) -> None:
    assert "banned" in verdict(room_with_invite(id, bob="ban"), {"signed": signed()})


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize(
    "part", [None, "x", {}, {"signed": []}, {"signed": {"mxid": BOB}}, {"signed": {"token": "t"}}]
)
def test_an_invite_says_who_accepted_it(part: Any, id: str) -> None:
    assert "who accepted" in verdict(room_with_invite(id), part)


@pytest.mark.parametrize("id", ALL)
def test_an_invite_is_for_one_user_of_one_sender_and_still_there(id: str) -> None:
    room = room_with_invite(id, mallory="join")
    assert "another user" in verdict(room, {"signed": signed(mxid=MALLORY)})
    assert "withdrawn" in verdict(room, {"signed": signed(token="other")})
    assert "withdrawn" in verdict(room, {"signed": {**signed(), "token": 5}})
    assert "by another user" in verdict(room, {"signed": signed()}, sender=MALLORY)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize(
    "part",
    [
        signed(key=SigningKey(b"x" * 32)),
        signed(key_id="rsa:0"),
        {**signed(), "extra": "word"},
        {**signed(), "signatures": {}},
        {**signed(), "signatures": "none"},
        {**signed(), "signatures": {"id.example": {"ed25519:0": 5}}},
        {**signed(), "signatures": {"id.example": []}},
    ],
)
def test_an_invite_is_signed_by_its_identity_server(part: Any, id: str) -> None:
    assert "not signed" in verdict(room_with_invite(id), {"signed": part})


@pytest.mark.parametrize(
    "invite",
    [{}, {"public_key": "short"}, {"public_key": "***"}, {"public_key": 5}, {"public_keys": {}}],
)
def test_an_invite_without_a_usable_key_lets_nobody_in(invite: Any) -> None:
    assert list(public_keys(invite)) == []
    assert "not signed" in verdict(room_with_invite(invite=invite), {"signed": signed()})


def test_a_flood_of_signatures_is_not_waded_through() -> None:
    flood = {f"ed25519:{n}": "A" * 86 for n in range(16)}
    part = signed()
    part["signatures"] = {"a.example": flood, **part["signatures"]}
    assert "not signed" in verdict(room_with_invite(), {"signed": part})
