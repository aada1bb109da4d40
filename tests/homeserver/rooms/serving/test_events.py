"""What servers of a room may ask about it, and others may not."""

from urllib.parse import quote

import pytest

from homeserver.peers.errors import RemoteError
from homeserver.rooms.elsewhere.drafts import Drafts
from tests.linked_servers import LinkedServer, Network
from tests.people import Person

Pair = list[LinkedServer]
V1 = "/_matrix/federation/v1"


@pytest.fixture
def people(pair: Pair) -> tuple[Person, Person]:
    return pair[0].person("alice"), pair[1].person("bob")


def test_events_states_and_what_they_rest_upon_are_handed_out(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    a, b = pair
    alice, bob = people
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    sent = alice.sends(room, "hello")

    (event,) = b.asks("a", "GET", f"{V1}/event/{sent}")["pdus"]
    ids = b.asks("a", "GET", f"{V1}/state_ids/{room}", query={"event_id": sent})
    state = b.asks("a", "GET", f"{V1}/state/{room}", query={"event_id": sent})
    chain = b.asks("a", "GET", f"{V1}/event_auth/{room}/{sent}")["auth_chain"]

    assert event == a.pdu(sent)
    assert set(ids["pdu_ids"]) == set(a.state_of(room).values())
    assert len(state["pdus"]) == len(ids["pdu_ids"])
    assert len(state["auth_chain"]) == len(ids["auth_chain_ids"])
    assert {pdu["type"] for pdu in chain} >= {"m.room.member", "m.room.power_levels"}
    found = b.asks("a", "GET", f"{V1}/timestamp_to_event/{room}", query={"ts": "1", "dir": "f"})
    assert found["origin_server_ts"] == a.clock.now_ms()


def test_what_was_redacted_goes_out_redacted_in_states_and_auth_chains_too(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    _, b = pair
    alice, bob = people
    room = alice.creates_room(preset="public_chat")
    topic = alice.sets(room, "m.room.topic", {"topic": "a slip of the tongue"})
    named = alice.sets(
        room,
        "m.room.member",
        {"membership": "join", "displayname": "a slip"},
        alice.user_id,
    )
    bob.post(f"/v3/join/{room}?via=a")
    for event_id in (topic, named):
        alice.redacts(room, event_id)
    sent = alice.sends(room, "hello")

    state = b.asks("a", "GET", f"{V1}/state/{room}", query={"event_id": sent})
    chain = b.asks("a", "GET", f"{V1}/event_auth/{room}/{sent}")["auth_chain"]
    (event,) = b.asks("a", "GET", f"{V1}/event/{topic}")["pdus"]

    contents = {b.event(topic).type: event["content"]}
    for pdu in [*state["pdus"], *state["auth_chain"], *chain]:
        assert "slip" not in str(pdu)
        if pdu["type"] == "m.room.topic":
            contents["state"] = pdu["content"]
    assert contents == {"m.room.topic": {}, "state": {}}
    assert any(pdu["content"] == {"membership": "join"} for pdu in chain)


def test_a_server_that_joins_gets_the_state_without_what_was_redacted(
    pair: Pair, people: tuple[Person, Person], network: Network
) -> None:
    alice, bob = people
    room = alice.creates_room(preset="public_chat")
    alice.redacts(room, alice.sets(room, "m.room.topic", {"topic": "a slip of the tongue"}))
    answers: list[dict[str, object]] = []

    def note(answer: dict[str, object]) -> dict[str, object]:
        answers.append(answer)
        return answer

    with network.tampered("send_join", note):
        bob.post(f"/v3/join/{room}?via=a")

    assert "m.room.topic" in str(answers[0])
    assert "slip" not in str(answers[0])


def test_strangers_are_told_nothing(pair: Pair, people: tuple[Person, Person]) -> None:
    a, b = pair
    alice, _ = people
    room = alice.creates_room(preset="public_chat")
    sent = alice.sends(room, "hello")

    for path, query in (
        (f"{V1}/event/{sent}", None),
        (f"{V1}/state/{room}", {"event_id": sent}),
        (f"{V1}/state_ids/{room}", {"event_id": sent}),
        (f"{V1}/backfill/{room}", {"v": sent, "limit": "10"}),
        (f"{V1}/event_auth/{room}/{sent}", None),
    ):
        with pytest.raises(RemoteError) as refused:
            b.asks("a", "GET", path, query=query)
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")
    del a


def test_messages_from_before_the_first_join_come_redacted_where_members_alone_may_read(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    _, b = pair
    alice, bob = people
    room = alice.creates_room(preset="public_chat")
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "joined"})
    secret = alice.sends(room, "secret")
    bob.post(f"/v3/join/{room}?via=a")
    said = alice.sends(room, "for bob, too")

    (hidden,) = b.asks("a", "GET", f"{V1}/event/{secret}")["pdus"]
    (shown,) = b.asks("a", "GET", f"{V1}/event/{said}")["pdus"]

    assert hidden["content"] == {}
    assert shown["content"]["body"] == "for bob, too"


def test_members_may_be_left_out_of_the_answer_to_a_join(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    a, b = pair
    alice, bob = people
    room = alice.creates_room(preset="public_chat", name="Tea")
    a.person("carol").joins(room)
    proposal = b.asks("a", "GET", f"{V1}/make_join/{room}/{quote(bob.user_id)}?ver=12")
    content = {"membership": "join"}
    join = _drafts(b).finish("a", proposal, room, bob.user_id, content)

    answer = b.asks(
        "a",
        "PUT",
        f"/_matrix/federation/v2/send_join/{room}/{join.event_id}",
        query={"omit_members": "true"},
        body=join.pdu,
    )

    assert answer["members_omitted"] is True
    assert answer["servers_in_room"] == ["a"]
    members = {e["state_key"] for e in answer["state"] if e["type"] == "m.room.member"}
    assert "@carol:a" not in members


def test_who_names_a_room_without_a_name_is_never_left_out(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    a, b = pair
    alice, bob = people
    room = alice.creates_room(preset="public_chat")
    for number in range(6):
        a.person(f"guest{number}").joins(room)
    proposal = b.asks("a", "GET", f"{V1}/make_join/{room}/{quote(bob.user_id)}?ver=12")
    join = _drafts(b).finish("a", proposal, room, bob.user_id, {"membership": "join"})

    answer = b.asks(
        "a",
        "PUT",
        f"/_matrix/federation/v2/send_join/{room}/{join.event_id}",
        query={"omit_members": "true"},
        body=join.pdu,
    )

    members = {e["state_key"] for e in answer["state"] if e["type"] == "m.room.member"}
    assert members == {"@alice:a", *(f"@guest{number}:a" for number in range(4))}


def test_the_old_endpoints_of_joins_and_leaves_still_answer(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    a, b = pair
    alice, bob = people
    room = alice.creates_room(preset="public_chat")
    for kind in ("join", "leave"):
        proposal = b.asks("a", "GET", f"{V1}/make_{kind}/{room}/{quote(bob.user_id)}?ver=12")
        content = {"membership": kind}
        event = _drafts(b).finish("a", proposal, room, bob.user_id, content)
        assert _put_raw(b, f"{V1}/send_{kind}/{room}/{event.event_id}", event.pdu)
        assert a.state_of(room)["m.room.member", bob.user_id] == event.event_id


def test_a_room_of_a_version_that_the_other_server_does_not_know_is_not_joined(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    _, b = pair
    alice, bob = people
    room = alice.creates_room(preset="public_chat", room_version="11")

    with pytest.raises(RemoteError) as refused:
        b.asks("a", "GET", f"{V1}/make_join/{room}/{quote(bob.user_id)}?ver=1&ver=2")

    assert refused.value.errcode == "M_INCOMPATIBLE_ROOM_VERSION"


def test_a_server_joins_only_users_of_its_own(pair: Pair, people: tuple[Person, Person]) -> None:
    _, b = pair
    alice, _ = people
    room = alice.creates_room(preset="public_chat")

    with pytest.raises(RemoteError) as refused:
        b.asks("a", "GET", f"{V1}/make_join/{room}/{quote('@eve:c')}?ver=12")

    assert refused.value.status == 403


def test_aliases_profiles_tokens_and_public_rooms_are_told(
    pair: Pair, people: tuple[Person, Person], network: Network
) -> None:
    a, b = pair
    alice, bob = people
    alice.put(f"/v3/profile/{alice.user_id}/displayname", {"displayname": "Alice"})
    room = alice.creates_room(preset="public_chat", room_alias_name="tea", visibility="public")
    token = alice.post(f"/v3/user/{alice.user_id}/openid/request_token")["access_token"]

    found = b.asks("a", "GET", f"{V1}/query/directory", query={"room_alias": "#tea:a"})
    profile = b.asks("a", "GET", f"{V1}/query/profile", query={"user_id": alice.user_id})
    seen_by_bob = bob.get(f"/v3/profile/{alice.user_id}")
    owner = b.asks("a", "GET", f"{V1}/openid/userinfo", query={"access_token": token})
    shown = bob.get("/v3/publicRooms", server="a")
    searched = bob.post("/v3/publicRooms?server=a", {"filter": {"generic_search_term": "x"}})

    assert (found["room_id"], found["servers"]) == (room, ["a"])
    assert profile == seen_by_bob == {"displayname": "Alice"}
    assert owner == {"sub": "@alice:a"}
    assert [entry["room_id"] for entry in shown["chunk"]] == [room]
    assert searched["chunk"] == []
    for path, query in (
        (f"{V1}/query/directory", {"room_alias": "#tea:b"}),
        (f"{V1}/query/profile", {"user_id": "@nobody:a"}),
    ):
        with pytest.raises(RemoteError) as refused:
            b.asks("a", "GET", path, query=query)
        assert refused.value.status == 404
    del a, network


def _drafts(server: LinkedServer) -> Drafts:
    return Drafts(server.author, server.clock)


def _put_raw(server: LinkedServer, path: str, pdu: dict[str, object]) -> bool:
    """The answer is an array: `asks` takes only objects, and says so."""
    with pytest.raises(Exception, match="JSON object"):
        server.asks("a", "PUT", path, body=pdu)
    return True
