"""Names of rooms."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Link
from tests.homeserver.appservices.bridge import Bridge, World
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person, Refused, Server

PUB = "/v3/directory/room/%23pub:test"

REGISTRATION = """
id: bridge
url: null
as_token: the-as-token
hs_token: the-hs-token
sender_localpart: bridge
namespaces:
  users: [{regex: "@_b_.*", exclusive: true}]
  aliases: [{regex: "#_b_.*", exclusive: true}]
"""


def canonical(person: Person, room: str, **content: Any) -> None:
    person.sets(room, "m.room.canonical_alias", content)


def test_an_alias_leads_to_its_room(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    assert alice.put(PUB, {"room_id": room}) == {}

    assert server.anonymous.get(PUB) == {"room_id": room, "servers": ["test"]}
    assert alice.get(f"/v3/rooms/{room}/aliases") == {"aliases": ["#pub:test"]}


def test_an_alias_is_given_once(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(room_alias_name="pub")
    assert refusal(alice, "PUT", PUB, {"room_id": room}) == (409, "M_UNKNOWN")


def test_only_members_name_a_room(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    room = alice.creates_room()
    assert refusal(mallory, "PUT", PUB, {"room_id": room}) == (403, "M_FORBIDDEN")
    assert refusal(alice, "PUT", PUB, {"room_id": "!no:test"}) == (403, "M_FORBIDDEN")


def test_nonsense_and_foreign_names_are_refused(server: Server) -> None:
    alice = server.person("alice")
    room = {"room_id": alice.creates_room()}
    path = "/v3/directory/room/"
    assert refusal(alice, "PUT", path + "pub", room) == (400, "M_INVALID_PARAM")
    assert refusal(alice, "PUT", path + "%23pub:far.example", room) == (400, "M_INVALID_PARAM")
    assert refusal(alice, "PUT", path + "%23pub:test", {}) == (400, "M_MISSING_PARAM")
    assert refusal(alice, "PUT", PUB, {"room_id": "pub"}) == (400, "M_INVALID_PARAM")
    assert refusal(alice, "GET", path + "pub") == (400, "M_INVALID_PARAM")
    assert refusal(alice, "GET", PUB) == (404, "M_NOT_FOUND")
    assert refusal(alice, "GET", path + "%23pub:far.example") == (404, "M_NOT_FOUND")


def test_members_alone_see_all_names_unless_the_world_reads(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    room = alice.creates_room(room_alias_name="pub")
    path = f"/v3/rooms/{room}/aliases"
    assert refusal(mallory, "GET", path) == (403, "M_FORBIDDEN")

    alice.sets(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    assert mallory.get(path) == {"aliases": ["#pub:test"]}


def test_who_made_an_alias_removes_it(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.put(PUB, {"room_id": room})
    assert bob.delete(PUB) == {}
    assert refusal(bob, "DELETE", PUB) == (404, "M_NOT_FOUND")


def test_who_may_name_the_room_removes_any_alias_and_others_none(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    mallory.joins(room)
    bob.put(PUB, {"room_id": room})
    assert refusal(mallory, "DELETE", PUB) == (403, "M_FORBIDDEN")
    alice.delete(PUB)


def test_a_removed_alias_is_no_longer_advertised(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(room_alias_name="pub")
    alice.put("/v3/directory/room/%23bar:test", {"room_id": room})
    canonical(alice, room, alias="#pub:test", alt_aliases=["#bar:test"])

    alice.delete(PUB)
    assert alice.state(room, "m.room.canonical_alias") == {"alt_aliases": ["#bar:test"]}
    alice.delete("/v3/directory/room/%23bar:test")
    assert alice.state(room, "m.room.canonical_alias") == {}


def test_a_room_advertises_only_names_that_lead_to_it(server: Server) -> None:
    alice = server.person("alice")
    other = alice.creates_room(room_alias_name="other")
    room = alice.creates_room(room_alias_name="pub")
    path = f"/v3/rooms/{room}/state/m.room.canonical_alias"

    for content, code in (
        ({"alias": "#other:test"}, "M_BAD_ALIAS"),
        ({"alias": "#none:test"}, "M_BAD_ALIAS"),
        ({"alias": "#pub:test", "alt_aliases": ["#other:test"]}, "M_BAD_ALIAS"),
        ({"alias": "#far:away.example"}, "M_BAD_ALIAS"),
        ({"alias": "pub"}, "M_INVALID_PARAM"),
        ({"alias": 7}, "M_BAD_JSON"),
        ({"alt_aliases": "#pub:test"}, "M_BAD_JSON"),
        ({"alt_aliases": [7]}, "M_BAD_JSON"),
    ):
        assert refusal(alice, "PUT", path, content) == (400, code)
    canonical(alice, other)
    assert alice.state(room, "m.room.canonical_alias") == {"alias": "#pub:test"}


def test_names_that_are_advertised_already_are_not_looked_at_again(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", room_alias_name="pub")
    bob.joins(room)
    bob.put("/v3/directory/room/%23bar:test", {"room_id": room})
    canonical(alice, room, alias="#pub:test", alt_aliases=["#bar:test"])
    bob.delete("/v3/directory/room/%23bar:test")

    canonical(alice, room, alias="#pub:test", alt_aliases=["#bar:test"], extra=1)


def test_aliases_of_application_services_are_theirs(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    file = tmp_path / "bridge.yaml"
    file.write_text(REGISTRATION)
    server = start_server(appservice_config_files=(file,))
    alice = server.person("alice")
    room = alice.creates_room(preset="public_chat")
    path = "/v3/directory/room/%23_b_x:test"

    assert refusal(alice, "PUT", path, {"room_id": room}) == (400, "M_EXCLUSIVE")
    body = {"room_alias_name": "_b_x"}
    assert refusal(alice, "POST", "/v3/createRoom", body) == (400, "M_EXCLUSIVE")


def test_users_that_an_application_service_will_make_can_be_invited(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    file = tmp_path / "bridge.yaml"
    file.write_text(REGISTRATION)
    alice = start_server(appservice_config_files=(file,)).person("alice")
    room = alice.creates_room(invite=["@_b_ghost:test"])
    assert alice.state(room, "m.room.member", "@_b_ghost:test") == {"membership": "invite"}


@pytest.mark.parametrize("content", [{}, {"alias": None}, {"alias": ""}, {"alt_aliases": []}])
def test_a_room_may_advertise_nothing(server: Server, content: dict[str, Any]) -> None:
    alice = server.person("alice")
    room = alice.creates_room(room_alias_name="pub")
    canonical(alice, room, **content)


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_a_service_has_the_aliases_of_its_namespace_and_no_others(
    world: World, bridge: Bridge
) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    room = bot.creates_room(room_alias_name="_irc_room")
    inside, outside = "/v3/directory/room/%23_irc_room:test", "/v3/directory/room/%23room:test"

    with pytest.raises(Refused) as theirs:
        bot.put(outside, {"room_id": room})
    with pytest.raises(Refused) as reserved:
        alice.delete(inside)

    assert (theirs.value.status, theirs.value.errcode) == (400, "M_EXCLUSIVE")
    assert (reserved.value.status, reserved.value.errcode) == (400, "M_EXCLUSIVE")
    ghost = world.ghost(bridge, "_irc_bob")
    ghost.delete(inside)
    assert bot.get(f"/v3/rooms/{room}/aliases") == {"aliases": []}


@pytest.mark.parametrize("link", ["sqlite", "postgresql"], indirect=True)
def test_a_room_advertises_its_names_at_other_servers(link: Link) -> None:
    a, b = link("a", "b")
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room, "a")
    bob.put("/v3/directory/room/%23pub:b", {"room_id": room})
    path = f"/v3/rooms/{room}/state/m.room.canonical_alias"

    canonical(alice, room, alias="#pub:b")

    assert bob.state(room, "m.room.canonical_alias") == {"alias": "#pub:b"}
    other = alice.creates_room()
    assert refusal(alice, "PUT", path.replace(room, other), {"alias": "#pub:b"}) == (
        400,
        "M_BAD_ALIAS",
    )
    # What is advertised already is not looked up again.
    with a.sender.network.cut("a", "b"):
        alice.put(path, {"alias": "#pub:b", "alt_aliases": ["#pub:b"]})
        assert refusal(alice, "PUT", path, {"alias": "#bar:b"}) == (400, "M_BAD_ALIAS")
