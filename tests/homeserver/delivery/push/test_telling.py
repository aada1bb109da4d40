"""What push gateways are told, and when."""

from urllib.parse import quote

import pytest

from homeserver.config.push import Push
from homeserver.http.response import Response
from tests.homeserver.delivery.push.conftest import OK, Town, a_room, pusher
from tests.internet import PUBLIC, Internet
from tests.people import JsonObject


def test_a_message_is_told_with_all_that_the_specification_names(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob, name="Kitchen", room_alias_name="kitchen")
    bob.post("/v3/pushers/set", pusher(gateway, data={"brand": "x"}))

    event_id = alice.sends(room, "dinner")
    here.passes()

    (told,) = gateway.told()
    (device,) = told.pop("devices")
    assert told == {
        "event_id": event_id,
        "room_id": room,
        "type": "m.room.message",
        "sender": "@alice:test",
        "sender_display_name": "alice",
        "room_name": "Kitchen",
        "room_alias": "#kitchen:test",
        "content": {"msgtype": "m.text", "body": "dinner"},
        "counts": {"unread": 1},
        "prio": "high",
    }
    assert device == {
        "app_id": "org.example.app",
        "pushkey": "key",
        "pushkey_ts": here.server.clock.now_ms() // 1000,
        "data": {"brand": "x"},
        "tweaks": {"sound": "default"},
    }


def test_who_wants_only_ids_gets_only_ids(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway, data={"format": "event_id_only"})

    event_id = alice.sends(room, "dinner")
    here.passes()

    (told,) = gateway.told()
    (device,) = told.pop("devices")
    assert told == {"event_id": event_id, "room_id": room, "counts": {"unread": 1}, "prio": "high"}
    assert device["data"] == {"format": "event_id_only"}


def test_an_operator_can_keep_content_from_gateways(town: Town, internet: Internet) -> None:
    ca = (internet.authority.path,)
    here = town(push=Push(ip_range_allowlist=PUBLIC, custom_ca_paths=ca, include_content=False))
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway)

    alice.sends(room, "a secret")
    here.passes()

    (request,) = gateway.requests
    assert b"secret" not in request.body and b"event_id" in request.body


def test_nobody_is_told_of_what_he_said_or_muted_or_by_whom_he_ignores(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, carol = here.people("alice", "bob", "carol")
    room, muted = a_room(alice, bob, carol), a_room(alice, bob)
    bob.post("/v3/pushers/set", pusher(gateway))
    bob.put(f"/v3/pushrules/global/room/{quote(muted)}", {"actions": []})
    ignored: JsonObject = {"ignored_users": {carol.user_id: {}}}
    bob.put(f"/v3/user/{bob.user_id}/account_data/m.ignored_user_list", ignored)

    bob.sends(room, "mine")
    alice.sends(muted, "psst")
    carol.sends(room, "listen")
    alice.sends_event(room, "m.reaction", {})
    here.passes()

    assert gateway.told() == []


def test_who_follows_threads_is_told_of_those_and_no_others(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway)
    followed, other = alice.sends(room, "lunch?"), alice.sends(room, "dinner?")
    bob.put(f"/unstable/io.element.msc4306/rooms/{room}/thread/{followed}/subscription", {})
    here.passes()
    gateway.told()

    text = {"msgtype": "m.text", "body": "yes"}
    answers = [
        alice.sends_event(
            room,
            "m.room.message",
            {**text, "m.relates_to": {"rel_type": "m.thread", "event_id": root}},
        )
        for root in (followed, other)
    ]
    here.passes()

    assert gateway.events() == answers[:1]


def test_what_came_before_a_pusher_was_set_is_not_told(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    alice.sends(room, "before")
    bob.post("/v3/pushers/set", pusher(gateway))
    after = alice.sends(room, "after")
    here.passes()

    assert gateway.events() == [after]


def test_an_invite_is_told_to_its_target(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    room = alice.creates_room(name="Kitchen")
    bob.post("/v3/pushers/set", pusher(gateway))

    alice.invites(room, bob)
    here.passes()

    (told,) = gateway.told()
    assert (told["type"], told["user_is_target"], told["prio"]) == ("m.room.member", True, "high")
    assert told["room_name"] == "Kitchen"


@pytest.mark.parametrize(
    ("type", "content", "prio"),
    [
        ("m.room.message", {"msgtype": "m.text", "body": "hello"}, "low"),
        (
            "m.room.message",
            {"msgtype": "m.text", "body": "bob!", "m.mentions": {"user_ids": ["@bob:test"]}},
            "high",
        ),
        ("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}, "high"),
        ("m.call.invite", {"call_id": "1", "lifetime": 60_000, "version": "1"}, "high"),
    ],
)
def test_what_cannot_wait_has_high_priority(
    town: Town, type: str, content: JsonObject, prio: str
) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, carol = here.people("alice", "bob", "carol")
    room = a_room(alice, bob, carol)
    bob.post("/v3/pushers/set", pusher(gateway))

    alice.sends_event(room, type, content)
    here.passes()

    assert [told["prio"] for told in gateway.told()] == [prio]


def test_all_telephones_of_a_user_are_told_but_those_switched_off(town: Town) -> None:
    here = town()
    near, far = here.gateway("near.example.org"), here.gateway("far.example.org")
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    bob.post("/v3/pushers/set", pusher(near, "one"))
    bob.post("/v3/pushers/set", pusher(far, "two"))
    off = pusher(far, "three", **{"org.matrix.msc3881.enabled": False})
    bob.post("/v3/pushers/set", off)

    first = alice.sends(room, "dinner")
    here.passes()
    assert near.events() == [first]
    assert [told["devices"][0]["pushkey"] for told in far.told()] == ["two"]

    bob.post("/v3/pushers/set", {**off, "org.matrix.msc3881.enabled": True})
    alice.sends(room, "now")
    here.passes()
    assert {told["devices"][0]["pushkey"] for told in far.told()} == {"two", "three"}


def test_a_telephone_that_logs_out_is_told_nothing_more(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    telephone = bob.logs_in()
    telephone.post("/v3/pushers/set", pusher(gateway))
    telephone.post("/v3/logout")

    alice.sends(room, "dinner")
    here.passes()

    assert gateway.told() == []


def test_a_rejected_pushkey_ends_its_pusher_and_no_other(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, carol = here.people("alice", "bob", "carol")
    room = a_room(alice, bob, carol)
    bob.post("/v3/pushers/set", pusher(gateway, "bob's"))
    carol.post("/v3/pushers/set", pusher(gateway, "carol's"))
    gateway.rejected = ["bob's", "somebody's"]

    alice.sends(room, "dinner")
    here.passes()

    assert bob.get("/v3/pushers") == {"pushers": []}
    assert len(carol.get("/v3/pushers")["pushers"]) == 1
    assert here.metric("isthmus_push_notifications_total", kind="http", outcome="gone") == 1


def test_what_has_been_read_or_redacted_meanwhile_is_not_told(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway)
    gateway.answer = Response(status=503)
    alice.sends(room, "first")
    here.passes()
    read, redacted, left = (alice.sends(room, text) for text in ("read", "redacted", "left"))
    bob.post(f"/v3/rooms/{quote(room)}/receipt/m.read/{quote(read)}")
    alice.redacts(room, redacted)
    gateway.told()
    gateway.answer = OK

    here.passes(60)

    assert gateway.events() == [left]


def test_an_invite_that_is_gone_is_not_told(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    bob.post("/v3/pushers/set", pusher(gateway))
    gateway.answer = Response(status=503)
    room = alice.creates_room()
    alice.invites(room, bob)
    here.passes()
    bob.leaves(room)
    gateway.told()
    gateway.answer = OK

    here.passes(60)

    assert gateway.told() == []
