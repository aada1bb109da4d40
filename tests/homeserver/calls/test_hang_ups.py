from homeserver.calls.identities import room_name
from tests.homeserver.calls.livekit import Talk, claims_of, post_signed

SLOT = "m.call#ROOM"


def test_whoever_is_put_out_of_the_room_is_put_out_of_its_call(talk: Talk) -> None:
    alice, bob = talk.server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    for person in (alice, bob):
        talk.livekit.lets_in(talk.token(person, room))

    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id})
    talk.internet.settle()

    (removed,) = talk.livekit.removed
    assert len(talk.livekit.rooms[room_name(room, SLOT)]) == 1
    assert removed[1] not in talk.livekit.rooms[room_name(room, SLOT)]


def test_an_old_token_does_not_bring_back_who_was_put_out(talk: Talk) -> None:
    alice, bob = talk.server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    talk.livekit.lets_in(talk.token(alice, room))
    token = talk.token(bob, room)
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": bob.user_id})
    talk.internet.settle()

    talk.livekit.lets_in(token)
    claims = claims_of(token)
    told = talk.livekit.tells(
        talk.server, "participant_joined", claims["video"]["room"], claims["sub"]
    )
    talk.internet.settle()

    assert told.json() == {}
    assert claims["sub"] not in talk.livekit.rooms[claims["video"]["room"]]


def test_only_livekit_tells_who_comes_and_goes(talk: Talk) -> None:
    alice = talk.server.person("alice")
    talk.livekit.lets_in(talk.token(alice, alice.creates_room()))

    told = post_signed(
        talk.server,
        b'{"event": "room_finished"}',
        "a guess of what the secret might be",
        talk.livekit.clock,
    )

    assert told.raw()[0] == 403
