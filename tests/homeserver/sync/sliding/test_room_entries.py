"""What a client is told of one room."""

import pytest

from tests.homeserver.sync.sliding.clients import SlidingClient
from tests.people import Person, Server


@pytest.fixture(params=[False, True], ids=["older", "merged"])
def merged(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def shared_room(owner: Person, *others: Person, **options: object) -> str:
    room = owner.creates_room(preset="public_chat", **options)
    for other in others:
        other.joins(room)
    return room


def test_more_is_sent_at_once_when_more_is_asked_for(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    for text in "abcd":
        alice.sends(room, text)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9], timeline_limit=1)
    assert client.syncs().texts(room) == ["d"]

    opened = client.takes(client.opens(room, timeline_limit=4).starts(timeout=30_000))

    assert opened.texts(room) == ["a", "b", "c", "d"]
    expanded = "expanded_timeline" if merged else "unstable_expanded_timeline"
    assert opened.rooms[room][expanded] is True
    assert opened.rooms[room]["num_live"] == 0
    assert opened.rooms[room]["limited"] is True
    assert "initial" not in opened.rooms[room]
    assert client.syncs().rooms == {}


def test_what_was_sent_in_small_parts_is_not_sent_again(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    client = SlidingClient(alice, merged=merged).looks_at([0, 9], timeline_limit=5)
    client.syncs()
    client.looks_at([0, 9], timeline_limit=2)
    alice.sends(room, "one")
    assert client.syncs().texts(room) == ["one"]
    client.looks_at([0, 9], timeline_limit=5)

    assert client.syncs().rooms == {}


def test_a_gap_is_marked(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    client = SlidingClient(alice, merged=merged).looks_at([0, 9], timeline_limit=2)
    client.syncs()
    for text in "abcd":
        alice.sends(room, text)

    entry = client.syncs().rooms[room]

    assert [e["content"]["body"] for e in entry["timeline"]] == ["c", "d"]
    assert entry["limited"] is True
    assert entry["num_live"] == 2
    older = alice.get(f"/v3/rooms/{room}/messages", dir="b", **{"from": entry["prev_batch"]})
    assert older["chunk"][0]["content"]["body"] == "b"


def test_a_room_that_fell_out_of_view_catches_up_when_it_comes_back(
    server: Server, merged: bool
) -> None:
    alice, bob = server.people("alice", "bob")
    first, second = shared_room(alice, bob), shared_room(alice, bob)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    client.syncs()
    client.looks_at([0, 0])
    client.syncs()
    alice.sends(first, "unseen")
    alice.sends(second, "seen")
    assert set(client.syncs().rooms) == {second}

    client.looks_at([0, 9])

    answer = client.syncs()
    assert answer.texts(first) == ["unseen"]
    assert "initial" not in answer.rooms[first]
    assert client.syncs().rooms == {}


def test_required_state_is_what_was_asked_for(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = shared_room(alice, bob, carol, name="Den", topic="Tea")
    bob.sends(room, "hi")
    client = SlidingClient(alice)

    def state(*required: list[str], limit: int = 1) -> set[tuple[str, str]]:
        client.looks_at([0, 9], required_state=list(required), timeline_limit=limit)
        return set(client.syncs(pos="").state(room))

    name, topic = ("m.room.name", ""), ("m.room.topic", "")
    members = {("m.room.member", person.user_id) for person in (alice, bob, carol)}
    assert state(["m.room.name", ""], ["m.room.nothing", ""]) == {name}
    assert state(["m.room.member", "$ME"]) == {("m.room.member", alice.user_id)}
    assert state(["m.room.member", "$LAZY"]) == {("m.room.member", bob.user_id)}
    assert state(["m.room.member", "*"]) == members
    assert state(["*", ""]) >= {name, topic}
    assert not state(["*", ""]) & members
    assert state(["*", "*"]) >= {name, topic} | members
    lazily = state(["*", "*"], ["m.room.member", "$LAZY"])
    assert lazily >= {name, topic}
    assert lazily & members == {("m.room.member", bob.user_id)}
    assert state() == set()


def test_state_can_be_kept_out(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(name="Den")
    state = {"include": [{}], "exclude": [{"type": "m.room.create"}]}
    client = SlidingClient(alice, merged=True).looks_at([0, 9], required_state=state)

    found = client.syncs().state(room)

    assert ("m.room.name", "") in found
    assert ("m.room.create", "") not in found


def test_changed_state_is_told(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room(name="Old", topic="Old")
    wanted = (
        {"include": [{"type": "m.room.name", "state_key": ""}]} if merged else [["m.room.name", ""]]
    )
    client = SlidingClient(alice, merged=merged).looks_at([0, 9], required_state=wanted)
    client.syncs()
    alice.sets(room, "m.room.name", {"name": "New"})
    alice.sets(room, "m.room.topic", {"topic": "New"})

    answer = client.syncs()

    assert answer.state(room) == {("m.room.name", ""): {"name": "New"}}
    assert answer.rooms[room]["name"] == "New"
    alice.sets(room, "m.room.name", {})
    assert client.syncs().rooms[room]["name"] is None


def test_state_that_is_asked_for_later_is_sent_then(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room(name="Den", topic="Tea")
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    client.syncs()

    answer = client.opens(room, timeline_limit=1).syncs()

    assert ("m.room.topic", "") in answer.state(room)
    assert client.syncs().rooms == {}


def test_speakers_are_introduced_once(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    for n in range(3):
        alice.sends(room, str(n))
    client = SlidingClient(alice, merged=merged).looks_at([0, 9], timeline_limit=2)
    bob_member = ("m.room.member", bob.user_id)
    assert bob_member not in client.syncs().state(room)
    bob.sends(room, "hi")
    assert bob_member in client.syncs().state(room)
    bob.sends(room, "hi again")

    assert client.syncs().state(room) == {}


def test_members_that_come_and_go_are_counted(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    assert client.syncs().rooms[room]["joined_count"] == 1
    bob.joins(room)
    joined = client.syncs().rooms[room]
    assert joined["joined_count"] == 2
    assert joined["heroes"] == [{"user_id": bob.user_id, "displayname": "bob"}]
    alice.sends(room, "hi")

    assert not {"joined_count", "heroes", "name"} & set(client.syncs().rooms[room])


def test_an_invite_shows_the_door_and_a_join_the_room(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(name="Den")
    alice.sends(room, "secret")
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    client.syncs()
    waiting = client.starts()
    alice.invites(room, bob)

    invited = client.takes(waiting).rooms[room]

    door = invited["stripped_state" if merged else "invite_state"]
    assert {"m.room.name", "m.room.member"} <= {event["type"] for event in door}
    assert not {"timeline", "required_state", "joined_count"} & set(invited)
    assert invited["membership"] == "invite"
    assert client.syncs().rooms == {}
    bob.joins(room)
    joined = client.syncs().rooms[room]
    assert joined["initial"] is True
    assert joined["name"] == "Den"
    assert joined["membership"] == "join"


def test_who_leaves_is_told_once(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    client.syncs()
    bob.leaves(room)
    alice.sends(room, "about bob")

    answer = client.syncs()

    assert answer.rooms[room]["membership"] == "leave"
    assert answer.texts(room) == []
    assert answer.rooms[room]["timeline"][-1]["content"]["membership"] == "leave"
    assert client.syncs().rooms == {}
    assert room not in client.syncs(pos="").rooms


def test_who_is_banned_is_told_and_told_again_on_a_new_connection(
    server: Server, merged: bool
) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    client.syncs()
    alice.sends(room, "last words")
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id})
    alice.sends(room, "about bob")

    answer = client.syncs()

    assert answer.rooms[room]["membership"] == "ban"
    assert answer.texts(room) == ["last words"]
    assert client.syncs().rooms == {}
    anew = client.syncs(pos="")
    assert anew.rooms[room]["membership"] == "ban"
    assert "about bob" not in anew.texts(room)


def test_who_comes_back_gets_the_room_anew(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    client.syncs()
    bob.leaves(room)
    bob.joins(room)

    assert client.syncs().rooms[room]["initial"] is True


def test_a_rejected_invite_goes_away(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    alice.invites(room, bob)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    assert room in client.syncs().rooms
    bob.leaves(room)

    answer = client.syncs()

    assert answer.rooms[room]["membership"] == "leave"
    assert answer.count() == 0
    assert client.syncs().rooms == {}


def test_direct_chats_are_marked(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    assert "is_dm" not in client.syncs().rooms[room]
    path = f"/v3/user/{alice.user_id}/account_data/m.direct"
    alice.put(path, {bob.user_id: [room]})
    assert client.syncs().rooms[room]["is_dm"] is True
    alice.put(path, {})

    assert client.syncs().rooms[room]["is_dm"] is False


def test_only_what_people_say_bumps_a_room(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice)
    alice.sends(room, "hi")
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    stamp = client.syncs().rooms[room]["bump_stamp"]
    bob.joins(room)
    assert client.syncs().rooms[room]["bump_stamp"] == stamp
    bob.sends(room, "hi")

    assert client.syncs().rooms[room]["bump_stamp"] > stamp


def test_a_stranger_cannot_subscribe(server: Server, merged: bool) -> None:
    alice, mallory = server.people("alice", "mallory")
    room = alice.creates_room()
    client = SlidingClient(mallory, merged=merged).opens(room).opens("!nowhere:test")

    assert client.syncs().rooms == {}


def test_reading_changes_the_counts(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    client = SlidingClient(alice).looks_at([0, 9])
    client.syncs()
    event = bob.sends(room, "hi")
    assert client.syncs().rooms[room]["notification_count"] == 1
    alice.post(f"/v3/rooms/{room}/receipt/m.read/{event}")

    assert client.syncs().rooms[room]["notification_count"] == 0


def test_lists_are_named_in_the_merged_form(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    client = SlidingClient(alice, merged=True).looks_at([0, 9]).looks_at([0, 9], name="more")

    assert client.syncs().rooms[room]["lists"] == ["all", "more"]


def test_without_a_timeline_the_room_is_still_told_of(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room(name="Den")
    client = SlidingClient(alice, merged=merged).looks_at([0, 9], timeline_limit=0)
    assert client.syncs().rooms[room]["name"] == "Den"
    alice.sends(room, "hi")

    entry = client.syncs().rooms[room]

    assert entry.get("timeline", []) == []
    assert entry["limited"] is True
