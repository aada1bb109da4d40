"""Mallory's server: it lies, it never ends, it asks for too much."""

from collections.abc import Callable

import pytest

from homeserver.events.event import Event
from homeserver.rooms.incoming import receiving
from tests.homeserver.rooms.incoming.test_receiving import forge, text
from tests.linked_servers import LinkedServer, Network
from tests.people import JsonObject, Refused

Pair = list[LinkedServer]
Change = Callable[[JsonObject], JsonObject]


def without_create(answer: JsonObject) -> JsonObject:
    return {**answer, "state": [e for e in answer["state"] if e["type"] != "m.room.create"]}


def of_another_version(answer: JsonObject) -> JsonObject:
    for event in answer["state"]:
        if event["type"] == "m.room.create":
            event["content"]["room_version"] = "9"
    return answer


def with_everything_forged(answer: JsonObject) -> JsonObject:
    for event in (*answer["state"], *answer["auth_chain"]):
        event["signatures"] = {"a": dict.fromkeys(event["signatures"]["a"], "A" * 86)}
    return answer


def with_a_ban(answer: JsonObject) -> JsonObject:
    """The join rules are gone: nobody may enter such a room."""
    return {**answer, "state": [e for e in answer["state"] if e["type"] != "m.room.join_rules"]}


@pytest.mark.parametrize(
    "lie",
    [without_create, of_another_version, with_everything_forged, with_a_ban],
)
def test_a_state_that_cannot_be_is_not_believed(pair: Pair, network: Network, lie: Change) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")

    with network.tampered("/send_join/", lie), pytest.raises(Refused) as refused:
        bob.post(f"/v3/join/{room}?via=a")

    assert refused.value.status == 502
    assert b.head(room) is None
    assert bob.syncs().room(room) == {}


def test_forged_members_are_left_out_of_a_joined_room(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    a.person("dave").joins(room)

    def forge_dave(answer: JsonObject) -> JsonObject:
        for event in answer["state"]:
            if event.get("state_key") == "@dave:a":
                event["signatures"] = {"a": dict.fromkeys(event["signatures"]["a"], "B" * 86)}
        return answer

    with network.tampered("/send_join/", forge_dave):
        bob.post(f"/v3/join/{room}?via=a")

    assert set(b.head(room).members) == {"@alice:a", "@bob:b"}


def test_a_proposal_decides_nothing_but_the_place_in_the_room(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")

    def propose_more(answer: JsonObject) -> JsonObject:
        changed = {"type": "m.room.power_levels", "sender": "@bob:b", "state_key": ""}
        return {**answer, "event": {**answer["event"], **changed, "content": {"users": {}}}}

    with network.tampered("/make_join/", propose_more):
        bob.post(f"/v3/join/{room}?via=a")

    join = b.event(b.state_of(room)["m.room.member", "@bob:b"])
    assert (join.type, join.content["membership"]) == ("m.room.member", "join")


def test_a_past_without_end_is_followed_only_so_far(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    chain = [forge(b, room, "@bob:b", text("0"))]
    for number in range(1, 900):
        before = chain[-1]
        chain.append(
            forge(
                b,
                room,
                "@bob:b",
                text(str(number)),
                prev_events=[before.event_id],
                depth=before.depth + 1,
            )
        )
    by_id = {event.event_id: index for index, event in enumerate(chain)}
    asked: list[str] = []

    def endless(_: JsonObject) -> JsonObject:
        at = min([by_id[chain[-1].event_id], *(by_id[e] for e in asked)])
        part = chain[max(at - 10, 0) : at]
        asked.extend(event.event_id for event in part)
        return {"events": [event.pdu for event in part]}

    network.asked.clear()
    with network.tampered("/get_missing_events/", endless):
        answer = b.sends_pdus("a", chain[-1].pdu)

    requests = [one for one in network.asked if "get_missing_events" in one]
    assert len(requests) <= receiving.MAX_ROUNDS
    assert len(network.asked) < 60
    assert set(answer) == {chain[-1].event_id}


def test_huge_depths_do_no_harm(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat", room_version="5")
    bob.post(f"/v3/join/{room}?via=a")
    deep = forge(b, room, "@bob:b", text("from the deep"), depth=2**53 - 1)

    assert b.sends_pdus("a", deep.pdu) == {deep.event_id: {}}
    alice.sends(room, "still here")

    assert bob.syncs().texts(room)[-1] == "still here"
    assert a.state_of(room) == b.state_of(room)


def test_invites_to_rooms_of_unknown_versions_are_refused(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()
    event_id = "$" + "x" * 43
    body = {"room_version": "org.example.new", "event": {}, "invite_room_state": []}

    with pytest.raises(Exception, match="M_INCOMPATIBLE_ROOM_VERSION"):
        a.asks("b", "PUT", f"/_matrix/federation/v2/invite/{room}/{event_id}", body=body)

    assert bob.syncs().invites() == []


def test_an_invite_that_comes_back_changed_is_not_sent(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()

    def unsigned(answer: JsonObject) -> JsonObject:
        del answer["event"]["signatures"]["b"]
        return answer

    with network.tampered("/v2/invite/", unsigned), pytest.raises(Refused) as refused:
        alice.invites(room, bob)

    assert refused.value.status == 502
    assert ("m.room.member", "@bob:b") not in a.state_of(room)


@pytest.mark.parametrize("kind", ["prev_events", "auth_events"])
def test_events_in_a_circle_lead_nowhere(pair: Pair, network: Network, kind: str) -> None:
    """Room versions 1 and 2 let servers choose ids, so two events can name each other."""
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat", room_version="2")
    bob.post(f"/v3/join/{room}?via=a")
    one, two = (circular(b, room, kind, *names) for names in (("one", "two"), ("two", "one")))
    before = a.head(room).extremities

    network.asked.clear()
    answer = b.sends_pdus("a", one.pdu, two.pdu)

    assert all("error" in answer[event.event_id] for event in (one, two))
    assert len(network.asked) < 30
    assert a.head(room).extremities == before
    assert refused(a, "incomplete") + refused(a, "forbidden") == 2
    alice.sends(room, "still here")
    assert bob.syncs().texts(room)[-1] == "still here"


def circular(server: LinkedServer, room: str, kind: str, name: str, other: str) -> Event:
    """An event that names another as what it follows, or as what allows it."""
    state = server.state_of(room)
    known = [*server.head(room).extremities, *state.values(), f"${other}:b"]
    auth_events = [
        state[key]
        for key in (
            ("m.room.create", ""),
            ("m.room.power_levels", ""),
            ("m.room.member", "@bob:b"),
        )
    ]
    return forge(
        server,
        room,
        "@bob:b",
        text(name),
        opaque=name,
        reference_hashes=dict.fromkeys(known, "x" * 43),
        **{"auth_events": auth_events, kind: [f"${other}:b"]},
    )


def test_a_state_with_many_wrong_signatures_is_given_up(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")

    def with_a_crowd(answer: JsonObject) -> JsonObject:
        member = answer["state"][1]
        users = [f"@m{number}:a" for number in range(3000)]
        crowd = [{**member, "state_key": user, "sender": user} for user in users]
        return {**answer, "state": [*answer["state"], *crowd]}

    with network.tampered("/send_join/", with_a_crowd), pytest.raises(Refused) as refusal:
        bob.post(f"/v3/join/{room}?via=a")

    assert refusal.value.status == 502
    assert 100 < refused(b, "forged") <= 600
    assert b.head(room) is None


def refused(server: LinkedServer, reason: str) -> float:
    registry = server.app.ground.metrics.registry
    return registry.get_sample_value("isthmus_federation_refused_total", {"reason": reason}) or 0
