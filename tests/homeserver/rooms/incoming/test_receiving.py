"""What other servers send: taken, refused, or taken in part."""

from typing import Any

import pytest
from signedjson.types import SigningKey
from twisted.internet.defer import Deferred

from homeserver.events.building import Draft, build_event
from homeserver.events.event import Event
from homeserver.peers.errors import RemoteError
from homeserver.storage import incoming_events
from tests.linked_servers import LinkedServer, Network
from tests.outcomes import outcome
from tests.people import JsonObject

Pair = list[LinkedServer]


def signing_key(server: LinkedServer) -> SigningKey:
    return server.app.peers.own_keys._key


def forge(server: LinkedServer, room: str, sender: str, draft: Draft, **changes: Any) -> Event:
    """An event that the server makes without asking anybody whether it may."""
    head = server.head(room)
    keys = [("m.room.power_levels", ""), ("m.room.member", sender)]
    if not head.version.room_id_is_create_hash:
        keys.append(("m.room.create", ""))
    auth_events = [server.state_of(room)[key] for key in keys if key in server.state_of(room)]
    fields = {
        "prev_events": head.extremities,
        "auth_events": auth_events,
        "depth": head.depth + 1,
        "origin_server_ts": server.clock.now_ms(),
        **changes,
    }
    return build_event(
        draft,
        version=head.version,
        room_id=room,
        sender=sender,
        server_name=server.settings.server_name,
        signing_key=signing_key(server),
        **fields,
    )


def text(body: str) -> Draft:
    return Draft("m.room.message", {"msgtype": "m.text", "body": body})


@pytest.fixture
def room(pair: Pair) -> str:
    """Alice of a and Bob of b are in it."""
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    return room


def test_events_wrong_in_their_hash_are_redacted(pair: Pair, room: str) -> None:
    a, b = pair
    event = forge(b, room, "@bob:b", text("true"))
    altered = {**event.pdu, "content": {"msgtype": "m.text", "body": "false"}}

    assert b.sends_pdus("a", altered) == {event.event_id: {}}

    assert a.event(event.event_id).content == {}


def test_events_with_a_wrong_signature_are_refused(pair: Pair, room: str) -> None:
    a, b = pair
    event = forge(b, room, "@bob:b", text("hello"))
    signature = {"b": dict.fromkeys(event.pdu["signatures"]["b"], "A" * 86)}

    answer = b.sends_pdus("a", {**event.pdu, "signatures": signature})

    assert "error" in answer[event.event_id]
    assert a.find(event.event_id) is None


def test_a_server_cannot_speak_for_another(pair: Pair, room: str) -> None:
    a, b = pair
    event = forge(b, room, "@alice:a", text("I never said this"))

    assert "error" in b.sends_pdus("a", event.pdu)[event.event_id]
    assert a.find(event.event_id) is None


def test_malformed_events_are_refused_each_alone(pair: Pair, room: str) -> None:
    a, b = pair
    good = forge(b, room, "@bob:b", text("good"))
    float_inside = {**good.pdu, "content": {"x": 1.5}}
    no_depth = {key: value for key, value in good.pdu.items() if key != "depth"}
    deep = {**good.pdu, "depth": 2**60}
    nul = {**good.pdu, "type": "a\0b"}
    elsewhere = {**good.pdu, "room_id": "!" + "A" * 43}

    answer = b.sends_pdus(
        "a", float_inside, no_depth, deep, nul, elsewhere, {"room_id": 3}, {}, good.pdu
    )

    assert answer[good.event_id] == {}
    assert a.stored(good.event_id).place is not None


def test_rejected_events_are_shown_to_nobody(pair: Pair, room: str) -> None:
    a, b = pair
    alice = a.people("carol")[0]
    alice.joins(room)
    event = forge(b, room, "@bob:b", Draft("m.room.name", {"name": "Bob's"}, ""))

    answer = b.sends_pdus("a", event.pdu)

    assert "power" in answer[event.event_id]["error"]
    assert a.stored(event.event_id).is_rejected
    assert event.event_id not in a.head(room).extremities
    assert event.event_id not in alice.syncs().timeline(room)
    # A second time it is neither judged nor stored again.
    assert "error" in b.sends_pdus("a", event.pdu)[event.event_id]


def test_what_follows_a_rejected_event_is_judged_by_itself(pair: Pair, room: str) -> None:
    a, b = pair
    bad = forge(b, room, "@bob:b", Draft("m.room.name", {"name": "Bob's"}, ""))
    good = forge(b, room, "@bob:b", text("good"), prev_events=[bad.event_id], depth=bad.depth + 1)

    answer = b.sends_pdus("a", bad.pdu, good.pdu)

    assert answer[good.event_id] == {}
    assert a.head(room).extremities == (good.event_id,)


def test_a_room_begins_only_once(pair: Pair, room: str) -> None:
    _, b = pair
    event = forge(b, room, "@bob:b", text("out of nothing"), prev_events=[])

    assert "error" in b.sends_pdus("a", event.pdu)[event.event_id]


def test_a_transaction_that_comes_twice_is_answered_alike(pair: Pair, room: str) -> None:
    a, b = pair
    event = forge(b, room, "@bob:b", text("once"))

    first = b.sends_pdus("a", event.pdu, txn="same")
    newest = a.head(room).newest

    assert b.sends_pdus("a", event.pdu, txn="same") == first
    assert b.sends_pdus("a", event.pdu, txn="other") == first
    assert a.head(room).newest == newest


def test_transactions_are_bounded(pair: Pair, room: str) -> None:
    _, b = pair
    event = forge(b, room, "@bob:b", text("often"))

    with pytest.raises(RemoteError) as refused:
        b.sends_pdus("a", *[event.pdu] * 51)

    assert refused.value.status == 413


def test_servers_outside_of_a_room_say_nothing_in_it(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    secret, own = alice.creates_room(), bob.creates_room(room_version="10")
    bob.sends(own, "hello")
    pdu = {**b.pdu(b.head(own).extremities[0]), "room_id": secret}

    assert b.sends_pdus("a", pdu) == {} or "error" in str(b.sends_pdus("a", pdu))
    assert len(a.head(secret).extremities) == 1


def test_a_server_that_the_room_keeps_out_is_not_heard(pair: Pair, room: str) -> None:
    a, b = pair
    acl = {"allow": ["*"], "deny": ["b"], "allow_ip_literals": True}
    owner = a.person("owner")
    closed = owner.creates_room(preset="public_chat")
    bob = b.person("ben")
    bob.post(f"/v3/join/{closed}?via=a")
    owner.sets(closed, "m.room.server_acl", acl)

    event = forge(b, closed, "@ben:b", text("let me in"))

    assert "error" in b.sends_pdus("a", event.pdu)[event.event_id]
    b.sends_edu("a", "m.typing", {"room_id": closed, "user_id": "@ben:b", "typing": True})
    assert not owner.syncs().room(closed)["ephemeral"]["events"]
    with pytest.raises(RemoteError) as refused:
        b.asks("a", "GET", f"/_matrix/federation/v1/event/{a.head(closed).extremities[0]}")
    assert refused.value.status == 403


def test_a_gap_is_filled(pair: Pair, room: str, network: Network) -> None:
    a, b = pair
    (carol,) = b.people("carol")
    carol.joins(room)
    dave = a.person("dave")
    dave.joins(room)

    with network.cut("a", "b"):
        lost = [dave.sends(room, f"lost {number}") for number in range(12)]
    dave.sends(room, "found")

    assert carol.syncs(filter='{"room":{"timeline":{"limit":50}}}').texts(room)[-13:] == [
        *(f"lost {number}" for number in range(12)),
        "found",
    ]
    assert all(b.stored(event_id).place is not None for event_id in lost)


def test_redactions_that_come_first_take_effect_later(pair: Pair, room: str) -> None:
    a, b = pair
    said = forge(b, room, "@bob:b", text("oops"))
    version = said.version
    redaction = forge(
        b,
        room,
        "@bob:b",
        Draft("m.room.redaction", {}, redacts=said.event_id),
    )
    assert version.redacts_in_content

    b.sends_pdus("a", redaction.pdu)
    b.sends_pdus("a", said.pdu)

    assert a.stored(said.event_id).redaction is not None


def test_typing_receipts_presence_and_messages_to_devices_arrive(pair: Pair, room: str) -> None:
    a, b = pair
    (carol,) = a.people("carol")
    carol.joins(room)
    sent = carol.sends(room, "hello")
    carol.syncs()

    b.sends_edu("a", "m.typing", {"room_id": room, "user_id": "@bob:b", "typing": True})
    receipt = {"event_ids": [sent], "data": {"ts": 1}}
    b.sends_edu("a", "m.receipt", {room: {"m.read": {"@bob:b": receipt}}})
    b.sends_edu(
        "a",
        "m.presence",
        {"push": [{"user_id": "@bob:b", "presence": "online", "last_active_ago": 10}]},
    )
    messages = {carol.user_id: {carol.device_id: {"x": 1}}}
    for _ in range(2):
        b.sends_edu(
            "a",
            "m.direct_to_device",
            {"sender": "@bob:b", "type": "m.test", "message_id": "1", "messages": messages},
        )

    news = carol.syncs()
    ephemeral = {e["type"]: e["content"] for e in news.room(room)["ephemeral"]["events"]}
    assert ephemeral["m.typing"]["user_ids"] == ["@bob:b"]
    assert "@bob:b" in ephemeral["m.receipt"][sent]["m.read"]
    (presence,) = (e for e in news.body["presence"]["events"] if e["sender"] == "@bob:b")
    assert presence["content"]["presence"] == "online"
    assert [e["content"] for e in news.body["to_device"]["events"]] == [{"x": 1}]


def test_a_server_tells_nothing_of_users_who_are_not_its_own(pair: Pair, room: str) -> None:
    a, b = pair
    (carol,) = a.people("carol")
    carol.joins(room)
    carol.syncs()

    b.sends_edu("a", "m.typing", {"room_id": room, "user_id": "@alice:a", "typing": True})

    assert not carol.syncs()


def test_a_slow_room_holds_nothing_up_and_loses_nothing(
    pair: Pair, room: str, network: Network
) -> None:
    a, b = pair
    other = a.people("owner")[0].creates_room(preset="public_chat")
    b.person("ben").post(f"/v3/join/{other}?via=a")
    gap = forge(b, room, "@bob:b", text("never told"))
    late = forge(b, room, "@bob:b", text("late"), prev_events=[gap.event_id], depth=gap.depth + 1)
    quick = forge(b, other, "@ben:b", text("quick"))
    answers: list[JsonObject] = []

    with network.stalled("get_missing_events") as held:
        path = "/_matrix/federation/v1/send/slow"
        body = {"origin": "b", "origin_server_ts": 1, "pdus": [late.pdu, quick.pdu]}
        asked = b.app.peers.peers.request("a", "PUT", path, body=body)
        Deferred.fromCoroutine(asked).addCallback(answers.append)
        assert a.stored(quick.event_id).place is not None
        assert not answers
        a.clock.advance(20)
        # The sender need not wait longer, nor send it again.
        assert answers[0]["pdus"][late.event_id] == {}
        assert a.waiting_events() == [late.event_id]
        assert held

    # Nobody tells what came before; it is refused after all, and waits no longer.
    assert a.waiting_events() == []


def test_events_that_waited_are_taken_up_after_a_restart(pair: Pair, room: str) -> None:
    a, b = pair
    event = forge(b, room, "@bob:b", text("hello"))
    outcome(a.database.write(incoming_events.add, "b", [event]))

    outcome(a.app.federation.start())

    assert a.stored(event.event_id).place is not None
    assert a.waiting_events() == []
