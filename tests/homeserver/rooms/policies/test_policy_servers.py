"""Rooms that ask a policy server about events: ours before they are sent, others' as they come."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.settings import Settings
from homeserver.errors import LimitExceeded
from homeserver.events.signatures import POLICY_KEY_ID
from homeserver.storage.events import Standing
from tests.homeserver.rooms.policies.policy_server import (
    OK,
    PolicyServer,
    has_word,
    new_key,
    refuses,
    sends_without_asking,
)
from tests.linked_servers import LinkedServer, Network
from tests.people import JsonObject, Person, Refused, Server

# -- events of our users


def test_messages_carry_the_word_of_the_policy_server_and_nobody_asks_again(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people

    sent = alice.sends(room, "hello")

    assert bob.syncs().texts(room) == ["hello"]
    assert has_word(a, sent) and has_word(b, sent)
    assert policy.asked == ["hello"]


def test_what_it_refuses_is_not_sent_and_the_sender_hears_why(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    alice, bob, _ = people
    policy.judge = refuses("spam")

    with pytest.raises(Refused) as refused:
        alice.sends(room, "spam")
    alice.sends(room, "no harm")

    assert (refused.value.status, refused.value.errcode) == (400, "M_FORBIDDEN")
    assert refused.value.body["error"] == "This looks like spam"
    assert bob.syncs().texts(room) == ["no harm"]
    assert alice.syncs().texts(room) == ["no harm"]


def test_the_same_words_may_be_said_twice(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    alice, bob, _ = people

    first, second = alice.sends(room, "hi"), alice.sends(room, "hi")

    assert first != second
    assert bob.syncs().timeline(room) == [first, second]
    assert policy.asked == ["hi", "hi"]


def test_state_and_memberships_need_its_word_too(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    policy.judge = refuses("rude")

    alice.sets(room, "m.room.topic", {"topic": "tea"})
    carol = a.person("carol")
    carol.joins(room)
    alice.invites(room, b.person("dave"))
    with pytest.raises(Refused):
        alice.sets(room, "m.room.topic", {"topic": "rude"})
    bob.leaves(room)

    assert alice.state(room, "m.room.topic") == {"topic": "tea"}
    state = a.state_of(room)
    for key in (
        ("m.room.topic", ""),
        ("m.room.member", "@carol:a"),
        ("m.room.member", "@dave:b"),
        ("m.room.member", bob.user_id),
    ):
        assert has_word(a, state[key]), key
    assert a.state_of(room) == servers[2].state_of(room)


def test_many_who_speak_at_once_are_all_heard(
    servers: list[LinkedServer], people: list[Person], network: Network, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    carol = a.person("carol")
    carol.joins(room)
    alice.syncs()

    with network.stalled("/policy/"):
        waiting = [
            person.ask("PUT", f"/v3/rooms/{room}/send/m.room.message/{n}", message(str(n)))
            for n, person in enumerate((alice, carol, alice))
        ]
    for exchange in waiting:
        assert exchange.json()["event_id"]

    assert sorted(alice.syncs().texts(room)) == ["0", "1", "2"]
    last = bob.sends(room, "and me")
    assert a.head(room).extremities == b.head(room).extremities == (last,)


def message(body: str) -> JsonObject:
    return {"msgtype": "m.text", "body": body}


def test_a_silent_policy_server_keeps_the_room_silent_until_it_is_let_go(
    people: list[Person], network: Network, room: str
) -> None:
    alice, bob, _ = people
    with network.cut("a", "ps"):
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                alice.sends(room, "hello?")
            assert refused.value.status == 502
    alice.sends(room, "it is back")

    with network.cut("a", "ps"):
        alice.sets(room, "m.room.policy", {})
        alice.sends(room, "without")
    assert bob.syncs().texts(room) == ["it is back", "without"]


def test_a_policy_server_that_has_nobody_in_the_room_is_not_asked(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    alice, _, guard = people
    guard.leaves(room)
    policy.asked.clear()

    alice.sends(room, "hello")

    assert policy.asked == []


def test_older_servers_and_rooms_spell_it_in_their_way(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, _, _ = servers
    alice, _, _ = people
    policy.is_old = True
    alice.sets(room, "m.room.policy", {})
    older = {"via": "ps", "public_key": policy.public_key}
    alice.sets(room, "org.matrix.msc4284.policy", older)

    assert has_word(a, alice.sends(room, "hello"))
    policy.judge = lambda pdu: OK
    with pytest.raises(Refused) as refused:
        alice.sends(room, "refused by saying nothing")
    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_signature_by_another_key_is_worth_nothing(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    policy.key = new_key(8)

    with pytest.raises(Refused) as refused:
        people[0].sends(room, "hello")

    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_busy_policy_server_is_asked_again_soon(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, _, _ = servers
    alice, bob, _ = people
    waits = [2_000, 2_000]

    def busy(pdu: JsonObject) -> None:
        if waits:
            raise LimitExceeded(waits.pop())

    policy.judge = busy
    waiting = alice.ask("PUT", f"/v3/rooms/{room}/send/m.room.message/1", message("hello"))
    for _ in range(2):
        assert not waiting.is_answered
        a.clock.advance(2)

    assert waiting.json()["event_id"]
    assert bob.syncs().texts(room) == ["hello"]


def test_who_would_have_to_wait_long_is_told_so_at_once(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    def busy(pdu: JsonObject) -> None:
        raise LimitExceeded(60_000)

    policy.judge = busy

    with pytest.raises(Refused) as refused:
        people[0].sends(room, "hello")

    assert (refused.value.status, refused.value.errcode) == (429, "M_LIMIT_EXCEEDED")
    assert refused.value.body["retry_after_ms"] == 60_000


# -- events of others


def test_events_without_its_word_get_it_when_they_come(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people

    sent = sends_without_asking(a, room, alice, "hello")

    assert bob.syncs().texts(room) == ["hello"]
    assert has_word(b, sent) and not has_word(a, sent)


def test_events_that_it_refuses_are_kept_from_people(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    policy.judge = refuses("spam")

    spam = sends_without_asking(a, room, alice, "spam")
    good = sends_without_asking(a, room, alice, "good")

    assert bob.syncs().texts(room) == ["good"]
    assert b.stored(spam).standing is Standing.SOFT_FAILED
    assert b.head(room).extremities == (good,)


def test_events_fail_softly_while_it_is_silent_but_not_those_with_its_word(
    servers: list[LinkedServer],
    people: list[Person],
    policy: PolicyServer,
    network: Network,
    room: str,
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    with network.cut("b", "ps"):
        lost = sends_without_asking(a, room, alice, "without")
        alice.sends(room, "with")

    assert bob.syncs().texts(room) == ["with"]
    assert b.stored(lost).standing is Standing.SOFT_FAILED


def test_a_forged_word_is_asked_for_anew(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    with network_cut(a, "b"):
        sent = sends_without_asking(a, room, alice, "hello")
    forged = a.pdu(sent)
    forged["signatures"]["ps"] = {POLICY_KEY_ID: "A" * 86}

    a.sends_pdus("b", forged)

    assert bob.syncs().texts(room) == ["hello"]
    assert has_word(b, sent)
    assert policy.asked == ["hello"]


def network_cut(server: LinkedServer, other: str) -> Any:
    return server.sender.network.cut(server.settings.server_name, other)


def test_users_of_the_policy_servers_own_speak_with_two_signatures(
    servers: list[LinkedServer],
    people: list[Person],
    policy: PolicyServer,
    network: Network,
    room: str,
) -> None:
    _, b, ps = servers
    _, bob, guard = people
    before = len([line for line in network.asked if "/key/" in line])

    sends_without_asking(ps, room, guard, "mind your words")

    assert bob.syncs().texts(room) == ["mind your words"]
    assert len([line for line in network.asked if "/key/" in line]) == before
    del b


# -- what is said of a policy server of this name


def test_the_key_of_a_policy_server_is_published(
    start_server: Callable[..., Server], settings: Settings
) -> None:
    path = "/.well-known/matrix/policy_server"
    with pytest.raises(Refused) as refused:
        start_server().anonymous.get(path)
    assert refused.value.status == 404

    well_known = evolve(settings.well_known, policy_server_key="abc")
    answer = start_server(well_known=well_known).anonymous.get(path)
    assert answer == {"public_keys": {"ed25519": "abc"}}
