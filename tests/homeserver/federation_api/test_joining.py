"""People of one server in the rooms of another."""

from tests.federation import LinkedServer

Pair = list[LinkedServer]


def test_a_room_is_joined_by_its_alias_and_talked_in_both_ways(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat", room_alias_name="tea", name="Tea")
    alice.sends(room, "before")

    assert bob.post("/v3/join/%23tea%3Aa")["room_id"] == room
    first, second = alice.sends(room, "hello"), bob.sends(room, "good day")

    for person in (alice, bob):
        assert person.syncs().texts(room)[-2:] == ["hello", "good day"]
    assert a.state_of(room) == b.state_of(room)
    assert bob.state(room, "m.room.name") == {"name": "Tea"}
    assert {first, second} <= set(bob.syncs(since="", full_state=True).timeline(room))
