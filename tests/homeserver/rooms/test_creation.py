"""New rooms, as their state tells."""

from collections.abc import Callable
from typing import Any

import pytest

from homeserver.config.rooms import Rooms
from tests.homeserver.appservices.bridge import Bridge, World
from tests.people import Person, Refused, Server

VERSIONS = [str(version) for version in range(1, 13)]

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


def state_of(person: Person, room: str) -> list[tuple[str, str]]:
    """Type and state key of a room's state, in the order in which it was sent."""
    events = person.get(f"/v3/rooms/{room}/messages", dir="f", limit=100)["chunk"]
    return [(event["type"], event["state_key"]) for event in events]


def test_a_private_room_is_closed_and_shows_its_history_to_members(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()

    assert alice.state(room, "m.room.join_rules") == {"join_rule": "invite"}
    assert alice.state(room, "m.room.history_visibility") == {"history_visibility": "shared"}
    assert alice.state(room, "m.room.guest_access") == {"guest_access": "can_join"}
    assert alice.state(room, "m.room.member", alice.user_id)["displayname"] == "alice"


def test_a_public_visibility_means_a_public_room(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(visibility="public")

    assert alice.state(room, "m.room.join_rules") == {"join_rule": "public"}
    assert alice.state(room, "m.room.guest_access") == {"guest_access": "forbidden"}
    assert alice.get(f"/v3/directory/list/room/{room}") == {"visibility": "public"}


def test_events_come_in_the_order_of_the_spec(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(
        room_alias_name="pub",
        initial_state=[{"type": "org.example", "state_key": "x", "content": {"a": 1}}],
        name="The pub",
        topic="Beer",
        invite=[bob.user_id],
    )

    assert state_of(alice, room) == [
        ("m.room.create", ""),
        ("m.room.member", alice.user_id),
        ("m.room.power_levels", ""),
        ("m.room.canonical_alias", ""),
        ("m.room.join_rules", ""),
        ("m.room.history_visibility", ""),
        ("m.room.guest_access", ""),
        ("org.example", "x"),
        ("m.room.name", ""),
        ("m.room.topic", ""),
        ("m.room.member", bob.user_id),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_room_of_every_version_can_be_made_and_used(server: Server, version: str) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(room_version=version, invite=[bob.user_id], is_direct=True)
    bob.joins(room)
    bob.sends(room, "hello")

    create = alice.state(room, "m.room.create")
    assert create["room_version"] == version
    assert ("creator" in create) == (int(version) < 11)
    assert (":" in room) == (int(version) < 12)


def test_a_creator_is_named_in_the_power_levels_until_version_11(server: Server) -> None:
    alice = server.person("alice")
    old = alice.creates_room(room_version="11")
    new = alice.creates_room(room_version="12")

    assert alice.state(old, "m.room.power_levels")["users"] == {alice.user_id: 100}
    assert alice.state(new, "m.room.power_levels")["users"] == {}


def test_a_tombstone_needs_more_power_than_anybody_but_creators_has(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    other = alice.creates_room(
        power_level_content_override={"state_default": 200, "events": {"m.room.name": 1}}
    )

    assert alice.state(room, "m.room.power_levels")["events"]["m.room.tombstone"] == 150
    levels = alice.state(other, "m.room.power_levels")
    assert levels["events"] == {"m.room.name": 1, "m.room.tombstone": 201}


def test_trusted_invitees_have_the_creators_power(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    old = alice.creates_room(preset="trusted_private_chat", invite=[bob.user_id], room_version="11")
    new = alice.creates_room(preset="trusted_private_chat", invite=[bob.user_id])

    levels = alice.state(old, "m.room.power_levels")["users"]
    assert levels == {alice.user_id: 100, bob.user_id: 100}
    assert alice.state(new, "m.room.create")["additional_creators"] == [bob.user_id]


def test_additional_creators_are_merged_without_repetition(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(
        preset="trusted_private_chat",
        invite=[bob.user_id],
        creation_content={"additional_creators": [bob.user_id, "@carol:elsewhere.example"]},
    )

    creators = alice.state(room, "m.room.create")["additional_creators"]
    assert creators == [bob.user_id, "@carol:elsewhere.example"]


def test_nobody_but_the_server_says_creator_and_version(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(
        room_version="10",
        creation_content={
            "creator": "@mallory:test",
            "room_version": "1",
            "type": "m.space",
            "m.federate": False,
        },
    )

    assert alice.state(room, "m.room.create") == {
        "creator": alice.user_id,
        "room_version": "10",
        "type": "m.space",
        "m.federate": False,
    }


def test_initial_state_overrides_the_preset_and_name_and_topic_override_it(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(
        name="Right",
        initial_state=[
            {"type": "m.room.join_rules", "content": {"join_rule": "knock"}},
            {"type": "m.room.name", "content": {"name": "Wrong"}},
        ],
    )

    assert alice.state(room, "m.room.join_rules") == {"join_rule": "knock"}
    assert alice.state(room, "m.room.name") == {"name": "Right"}
    assert state_of(alice, room).count(("m.room.join_rules", "")) == 1


def test_a_topic_is_given_as_text_and_as_a_content_block(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(topic="Beer")

    block = {"m.text": [{"mimetype": "text/plain", "body": "Beer"}]}
    assert alice.state(room, "m.room.topic") == {"topic": "Beer", "m.topic": block}


def test_invites_to_a_direct_chat_say_so(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(is_direct=True, invite=[bob.user_id])

    invite = alice.state(room, "m.room.member", bob.user_id)
    assert invite == {"membership": "invite", "is_direct": True, "displayname": "bob"}


def test_power_levels_are_laid_over_the_default(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(power_level_content_override={"events_default": 7})

    levels = alice.state(room, "m.room.power_levels")
    assert (levels["events_default"], levels["state_default"]) == (7, 50)


@pytest.mark.parametrize(
    ("setting", "preset", "encrypted"),
    [
        ("none", "private_chat", False),
        ("private", "private_chat", True),
        ("private", "trusted_private_chat", True),
        ("private", "public_chat", False),
        ("all", "public_chat", True),
    ],
)
def test_rooms_are_encrypted_where_the_operator_wants_it(
    start_server: Callable[..., Server], setting: Any, preset: str, encrypted: bool
) -> None:
    alice = start_server(rooms=Rooms(encryption_by_default=setting)).person("alice")
    room = alice.creates_room(preset=preset)
    assert (("m.room.encryption", "") in state_of(alice, room)) == encrypted


def test_two_rooms_of_one_moment_are_two(server: Server) -> None:
    alice = server.person("alice")
    assert len({alice.creates_room() for _ in range(5)}) == 5


def test_an_alias_that_is_taken_makes_no_room(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(room_alias_name="pub")

    with pytest.raises(Refused) as refused:
        alice.creates_room(room_alias_name="pub")

    assert (refused.value.status, refused.value.errcode) == (400, "M_ROOM_IN_USE")
    assert alice.get("/v3/joined_rooms")["joined_rooms"] == [room]


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"room_version": "13"}, 400, "M_UNSUPPORTED_ROOM_VERSION"),
    ({"room_version": 12}, 400, "M_BAD_JSON"),
    ({"preset": "chaos"}, 400, "M_INVALID_PARAM"),
    ({"visibility": "secret"}, 400, "M_INVALID_PARAM"),
    ({"room_alias_name": "a:b"}, 400, "M_INVALID_PARAM"),
    ({"room_alias_name": ""}, 400, "M_INVALID_PARAM"),
    ({"room_alias_name": "x" * 300}, 400, "M_INVALID_PARAM"),
    ({"invite": ["bob"]}, 400, "M_INVALID_PARAM"),
    ({"invite": [7]}, 400, "M_BAD_JSON"),
    ({"invite": ["@nobody:test"]}, 404, "M_NOT_FOUND"),
    ({"invite": ["@bob:elsewhere.example"]}, 404, "M_UNKNOWN"),
    ({"invite": [f"@u{n}:test" for n in range(201)]}, 400, "M_INVALID_PARAM"),
    ({"invite_3pid": [{"medium": "email"}]}, 403, "M_FORBIDDEN"),
    ({"initial_state": [7]}, 400, "M_BAD_JSON"),
    ({"initial_state": [{"type": "a.b"}]}, 400, "M_MISSING_PARAM"),
    ({"initial_state": [{"type": "m.room.create", "content": {}}]}, 400, "M_INVALID_PARAM"),
    ({"creation_content": {"m.federate": "no"}}, 400, "M_BAD_JSON"),
    ({"creation_content": {"type": 1}}, 400, "M_BAD_JSON"),
    ({"creation_content": {"additional_creators": "@a:b"}}, 400, "M_INVALID_PARAM"),
    ({"creation_content": {"additional_creators": ["bob"]}}, 400, "M_INVALID_PARAM"),
    (
        {"power_level_content_override": {"users": {"@alice:test": 100}}},
        400,
        "M_INVALID_ROOM_STATE",
    ),
    ({"power_level_content_override": {"ban": "50"}}, 400, "M_INVALID_ROOM_STATE"),
    (
        {"room_version": "11", "power_level_content_override": {"users": {}}, "name": "N"},
        400,
        "M_INVALID_ROOM_STATE",
    ),
    ({"initial_state": [{"type": "a.b", "content": {"x": 1.5}}]}, 400, "M_BAD_JSON"),
]


@pytest.mark.parametrize(("options", "status", "errcode"), BAD)
def test_what_cannot_be_is_refused_and_leaves_nothing_behind(
    server: Server, options: dict[str, Any], status: int, errcode: str
) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.creates_room(**{"room_alias_name": "pub", **options})

    assert (refused.value.status, refused.value.errcode) == (status, errcode)
    assert alice.get("/v3/joined_rooms")["joined_rooms"] == []
    with pytest.raises(Refused):
        alice.get("/v3/directory/room/%23pub:test")


def test_a_suspended_user_makes_no_room(server: Server) -> None:
    alice = server.person("alice")
    accounts = server.app.accounts.accounts
    server.app.database.write(lambda txn: accounts.change(txn, alice.user_id, is_suspended=True))

    with pytest.raises(Refused) as refused:
        alice.creates_room()

    assert refused.value.errcode == "M_USER_SUSPENDED"


def test_an_invitee_who_wants_no_invites_makes_no_room(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    path = f"/v3/user/{bob.user_id}/account_data/m.invite_permission_config"
    bob.put(path, {"default_action": "block"})

    with pytest.raises(Refused) as refused:
        alice.creates_room(invite=[bob.user_id])

    assert (refused.value.status, refused.value.errcode) == (403, "M_INVITE_BLOCKED")
    assert alice.get("/v3/joined_rooms")["joined_rooms"] == []


# -- what bridges ask for


def test_a_bridge_makes_a_room_with_its_users_in_it(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    ghosts = [world.ghost(bridge, f"_irc_{number}") for number in range(3)]

    room = bot.creates_room(
        invite=[ghosts[0].user_id, alice.user_id],
        **{
            "com.beeper.initial_members": [ghosts[1].user_id, ghosts[2].user_id, alice.user_id],
            "com.beeper.auto_join_invites": True,
        },
    )

    members = bot.get(f"/v3/rooms/{room}/joined_members")["joined"]
    assert set(members) == {bot.user_id, *(ghost.user_id for ghost in ghosts)}
    # Nobody is made to join who is not the service's.
    assert alice.syncs().invites() == [room]


def test_a_bridge_chooses_the_id_of_a_room(world: World, bridge: Bridge) -> None:
    bot = world.bot(bridge)
    wish = {"com.beeper.local_room_id": "!chat.portal:test"}

    assert bot.creates_room(**wish) == "!chat.portal:test"

    for more, errcode in (
        ({}, "M_ROOM_IN_USE"),
        ({"com.beeper.local_room_id": "!chat:elsewhere"}, "M_INVALID_PARAM"),
        ({"com.beeper.local_room_id": "!other:test", "room_version": "12"}, "M_INVALID_PARAM"),
    ):
        with pytest.raises(Refused) as refused:
            bot.creates_room(**{**wish, **more})
        assert refused.value.errcode == errcode


def test_people_choose_no_ids(server: Server) -> None:
    alice = server.person("alice")

    room = alice.creates_room(**{"com.beeper.local_room_id": "!mine:test"})

    assert room != "!mine:test"
