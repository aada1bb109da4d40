"""People of one server in the rooms of another."""

from urllib.parse import quote

import pytest

from tests.conftest import Link
from tests.linked_servers import LinkedServer, Network
from tests.people import JsonObject, Refused

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


def test_what_a_server_leaves_out_of_its_answer_is_fetched(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    for name in ("carol", "dave"):
        a.person(name).joins(room)

    def without_members(answer: JsonObject) -> JsonObject:
        state = [pdu for pdu in answer["state"] if pdu["type"] != "m.room.member"]
        return {**answer, "state": state, "members_omitted": True, "servers_in_room": ["a"]}

    with network.tampered("/send_join/", without_members):
        bob.post(f"/v3/join/{room}?via=a")

    assert a.state_of(room) == b.state_of(room)
    members = bob.get(f"/v3/rooms/{room}/joined_members")["joined"]
    assert set(members) == {"@alice:a", "@bob:b", "@carol:a", "@dave:a"}


@pytest.mark.parametrize("link", ["postgresql"], indirect=True)
def test_postgresql_keeps_shared_rooms_too(link: Link) -> None:
    a, b = link("a", "b")
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")

    bob.post(f"/v3/join/{room}?via=a")
    alice.sends(room, "hello")
    bob.sets(room, "m.room.member", {"membership": "join", "displayname": "Bobby"}, "@bob:b")

    assert bob.syncs().texts(room) == ["hello"]
    assert a.state_of(room) == b.state_of(room)


@pytest.mark.parametrize("version", [str(number) for number in range(1, 13)])
def test_rooms_of_every_version_are_joined_and_used(pair: Pair, version: str) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat", room_version=version)

    bob.post(f"/v3/join/{room}?via=a")
    bob.sends(room, "hello")
    event = alice.sends(room, "oops")
    there = quote(event, safe="")
    alice.put(f"/v3/rooms/{room}/redact/{there}/t1")

    assert "hello" in [e["content"].get("body") for e in alice.syncs().events(room)]
    shown = bob.get(f"/v3/rooms/{room}/event/{there}")
    assert shown["content"] == {}
    assert a.state_of(room) == b.state_of(room)
    assert a.head(room).extremities == b.head(room).extremities


def test_the_second_user_of_a_server_joins_at_home(pair: Pair) -> None:
    a, b = pair
    alice, bob, carol = a.person("alice"), *b.people("bob", "carol")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    asked = len([one for one in b.sender.network.asked if "make_join" in one])

    carol.joins(room)

    assert len([one for one in b.sender.network.asked if "make_join" in one]) == asked
    members = alice.get(f"/v3/rooms/{room}/joined_members")["joined"]
    assert set(members) == {"@alice:a", "@bob:b", "@carol:b"}


def test_another_server_is_tried_when_the_first_is_of_no_help(link: Link) -> None:
    a, b, c = link("a", "b", "c")
    alice, bob, carol = a.person("alice"), b.person("bob"), c.person("carol")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")

    with a.sender.network.cut("a", "c"):
        carol.post(f"/v3/join/{room}?via=nowhere.example&via=a&via=b")

    assert c.state_of(room) == b.state_of(room)
    # Who let carol in tells the others.
    assert a.head(room).members["@carol:c"] == "join"


def test_a_private_room_stays_closed(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="private_chat")

    with pytest.raises(Refused) as refused:
        bob.post(f"/v3/join/{room}?via=a")

    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


def test_a_room_that_is_left_by_all_is_entered_anew(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    bob.leaves(room)
    for number in range(3):
        alice.sends(room, f"unheard {number}")
    alice.sets(room, "m.room.topic", {"topic": "gossip"})

    bob.post(f"/v3/join/{room}?via=a")
    alice.sends(room, "welcome back")

    assert bob.syncs().texts(room)[-1] == "welcome back"
    assert bob.state(room, "m.room.topic")["topic"] == "gossip"
    assert a.state_of(room) == b.state_of(room)


def test_members_of_one_room_are_let_into_another(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    space = alice.creates_room(preset="public_chat")
    allow = [{"type": "m.room_membership", "room_id": space}]
    rules = {"join_rule": "restricted", "allow": allow}
    room = alice.creates_room(initial_state=[{"type": "m.room.join_rules", "content": rules}])
    with pytest.raises(Refused):
        bob.post(f"/v3/join/{room}?via=a")

    bob.post(f"/v3/join/{space}?via=a")
    bob.post(f"/v3/join/{room}?via=a")

    join = b.pdu(b.state_of(room)["m.room.member", "@bob:b"])
    assert join["content"]["join_authorised_via_users_server"] == "@alice:a"
    assert set(join["signatures"]) == {"a", "b"}
    assert a.state_of(room) == b.state_of(room)


def test_whoever_leaves_is_gone_everywhere(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")

    bob.leaves(room)

    assert "@bob:b" not in a.head(room).members
    assert (
        room in bob.syncs(since="", filter='{"room":{"include_leave":true}}').body["rooms"]["leave"]
    )


def test_members_of_another_server_let_in_whom_ours_cannot(pair: Pair) -> None:
    a, b = pair
    alice, bob, carol = a.person("alice"), *b.people("bob", "carol")
    space = alice.creates_room(preset="public_chat")
    rules = {
        "join_rule": "restricted",
        "allow": [{"type": "m.room_membership", "room_id": space}],
    }
    room = alice.creates_room(
        initial_state=[{"type": "m.room.join_rules", "content": rules}],
        power_level_content_override={"invite": 100},
    )
    for person in (bob, carol):
        person.post(f"/v3/join/{space}?via=a")
    bob.post(f"/v3/join/{room}?via=a")

    carol.joins(room)

    assert a.head(room).members["@carol:b"] == b.head(room).members["@carol:b"] == "join"
    assert a.state_of(room) == b.state_of(room)


def test_two_who_enter_at_once_both_come_in(pair: Pair) -> None:
    a, b = pair
    alice, bob, carol = a.person("alice"), *b.people("bob", "carol")
    room = alice.creates_room(preset="public_chat")

    with a.sender.network.stalled("make_join"):
        waiting = [person.ask("POST", f"/v3/join/{room}?via=a", {}) for person in (bob, carol)]
        assert not any(exchange.is_answered for exchange in waiting)

    for exchange in waiting:
        assert exchange.json() == {"room_id": room}
    assert set(b.head(room).members) == {"@alice:a", "@bob:b", "@carol:b"}
    assert a.state_of(room) == b.state_of(room)


def test_members_of_a_room_that_this_server_has_left_are_not_let_in(pair: Pair) -> None:
    """Who may come in is known only to who is there."""
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    space = bob.creates_room(preset="public_chat")
    alice.post(f"/v3/join/{space}?via=b")
    rule = {
        "join_rule": "restricted",
        "allow": [{"type": "m.room_membership", "room_id": space}],
    }
    rules = [{"type": "m.room.join_rules", "state_key": "", "content": rule}]
    room = alice.creates_room(initial_state=rules)
    alice.leaves(space)

    with pytest.raises(Refused) as refused:
        bob.post(f"/v3/join/{room}?via=a")

    assert refused.value.errcode == "M_UNABLE_TO_AUTHORISE_JOIN"


def test_a_server_that_was_silent_is_asked_when_somebody_wants_in(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat", room_alias_name="tea")
    with a.sender.network.cut("a", "b"), pytest.raises(Refused):
        bob.joins("#tea:a")

    assert bob.joins("#tea:a") == room


def test_servers_that_were_silent_are_asked_last(link: Link) -> None:
    a, b, c = link("a", "b", "c")
    alice, bob, carol = a.person("alice"), b.person("bob"), c.person("carol")
    room = alice.creates_room(preset="public_chat")
    other = alice.creates_room(preset="public_chat")
    bob.joins(room, "a")
    carol.joins(other, "a")
    network = a.sender.network

    with network.cut("a", "c"):
        with pytest.raises(Refused):
            carol.joins("#nothing:a")
        network.tried.clear()
        carol.joins(room, "a", "b")

    assert network.tried[0] == "b"
