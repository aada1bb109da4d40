"""What a room is called and how many are in it."""

from tests.people import JsonObject, Person, Server, Sync


def summary(sync: Sync, room: str) -> JsonObject:
    found: JsonObject = sync.room(room).get("summary", {})
    return found


def heroes(sync: Sync, room: str) -> list[str]:
    found: list[str] = summary(sync, room)["m.heroes"]
    return found


def counted(sync: Sync, room: str) -> tuple[int, int]:
    found = summary(sync, room)
    return found["m.joined_member_count"], found["m.invited_member_count"]


def test_a_nameless_room_is_named_after_those_who_came_first(server: Server) -> None:
    alice = server.person("alice")
    others = server.people(*(f"p{n}" for n in range(7)))
    room = alice.creates_room(invite=[other.user_id for other in others])
    for other in reversed(others[:2]):
        other.joins(room)

    sync = alice.syncs()

    assert counted(sync, room) == (3, 5)
    assert len(heroes(sync, room)) == 5
    assert alice.user_id not in heroes(sync, room)


def test_a_change_of_members_changes_the_summary(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    assert (heroes(alice.syncs(), room), counted(alice.syncs(since=""), room)) == ([], (1, 0))

    alice.invites(room, bob)
    sync = alice.syncs()
    assert (heroes(sync, room), counted(sync, room)) == ([bob.user_id], (1, 1))
    bob.joins(room)
    assert counted(alice.syncs(), room) == (2, 0)
    alice.sends(room, "nothing new")
    assert summary(alice.syncs(), room) == {}
    bob.leaves(room)
    sync = alice.syncs()
    assert (heroes(sync, room), counted(sync, room)) == ([bob.user_id], (1, 0))


def test_the_summary_follows_whatever_a_filter_hides(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    without = {"types": ["m.room.message"]}
    filter = {"room": {"timeline": without, "state": without}}
    alice.syncs(filter=filter)
    bob.joins(room)

    assert counted(alice.syncs(filter=filter), room) == (2, 0)


def test_a_room_with_a_name_needs_no_heroes_until_it_loses_it(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", name="Named")
    bob.joins(room)
    assert "m.heroes" not in summary(alice.syncs(), room)

    alice.sets(room, "m.room.name", {"name": ""})

    assert heroes(alice.syncs(), room) == [bob.user_id]


def test_an_empty_room_is_named_after_those_who_left(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.leaves(room)

    assert heroes(alice.syncs(), room) == [bob.user_id]


def test_many_members_are_counted(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(preset="public_chat")
    for n in range(30):
        person = Person(server, f"p{n}")
        person.registers()
        person.joins(room)

    assert counted(alice.syncs(), room) == (31, 0)
