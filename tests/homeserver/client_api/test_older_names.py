"""Names from before a proposal was accepted lead to the same, as long as clients use them."""

from typing import Any

import pytest

from tests.homeserver.client_api.town import Town
from tests.people import Server

# Which database it is makes no difference to these.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

OLD = "/_matrix/client/unstable"
NEW = "/_matrix/client"
REASON = {"reason": "spam"}

SAME = (
    ("GET", "/im.nheko.summary/summary/{room}", "/v1/room_summary/{room}", None),
    ("GET", "/im.nheko.summary/rooms/{room}/summary", "/v1/room_summary/{room}", None),
    ("GET", "/uk.tcpip.msc4133/profile/{bob}", "/v3/profile/{bob}", None),
    (
        "GET",
        "/uk.tcpip.msc4133/profile/{bob}/displayname",
        "/v3/profile/{bob}/displayname",
        None,
    ),
    (
        "PUT",
        "/uk.tcpip.msc4133/profile/{alice}/m.tz",
        "/v3/profile/{alice}/m.tz",
        {"m.tz": "Europe/Paris"},
    ),
    ("DELETE", "/uk.tcpip.msc4133/profile/{alice}/m.tz", "/v3/profile/{alice}/m.tz", None),
    ("POST", "/org.matrix.msc4151/rooms/{room}/report", "/v3/rooms/{room}/report", REASON),
    ("POST", "/org.matrix.msc4260/users/{bob}/report", "/v3/users/{bob}/report", REASON),
    (
        "GET",
        "/uk.half-shot.msc2666/user/mutual_rooms?user_id={bob}",
        "/v1/mutual_rooms?user_id={bob}",
        None,
    ),
    (
        "GET",
        "/org.matrix.msc3030/rooms/{room}/timestamp_to_event?ts=0&dir=f",
        "/v1/rooms/{room}/timestamp_to_event?ts=0&dir=f",
        None,
    ),
    ("GET", "/org.matrix.msc3856/rooms/{room}/threads", "/v1/rooms/{room}/threads", None),
    ("GET", "/rooms/{room}/relations/{event}", "/v1/rooms/{room}/relations/{event}", None),
    ("GET", "/org.matrix.msc3916/media/config", "/v1/media/config", None),
    ("GET", "/org.matrix.msc3916/media/download/{file}", "/v1/media/download/{file}", None),
    (
        "GET",
        "/org.matrix.msc3916/media/thumbnail/{picture}?width=32&height=32",
        "/v1/media/thumbnail/{picture}?width=32&height=32",
        None,
    ),
)


@pytest.mark.parametrize(("method", "old", "new", "body"), SAME)
def test_an_older_path_answers_the_same(
    server: Server, method: str, old: str, new: str, body: Any
) -> None:
    town = Town(server, lambda: server)
    alice = town.person("alice")

    former = alice.ask(method, town.filled(OLD + old), body).raw()
    present = alice.ask(method, town.filled(NEW + new), body).raw()

    assert former[0] == present[0] == 200
    assert former[2] == present[2] or old.startswith("/im.nheko")


def test_the_older_summary_has_older_names_besides(server: Server) -> None:
    town = Town(server, lambda: server)
    alice = town.person("alice")

    found = alice.get(town.filled("/unstable/im.nheko.summary/summary/{room}"))

    assert found["im.nheko.summary.room_version"] == found["room_version"] == "12"


def test_moderators_use_either_name(server: Server) -> None:
    town = Town(server, lambda: server)
    path = town.filled("/unstable/uk.timedout.msc4323/admin/suspend/{bob}")

    assert town.person("admin").put(path, {"suspended": True}) == {"suspended": True}


OPAQUE = (
    ("m.room.image_pack", "party", {"images": {"cake": {"url": "mxc://a.example/b"}}}),
    ("im.ponies.room_emotes", "", {"images": {}, "pack": {"display_name": "Old"}}),
    ("m.policy.rule.user", "rule:1", {"entity": "@spam*:x", "recommendation": "m.ban"}),
    ("org.matrix.mjolnir.rule.server", "x", {"entity": "x", "recommendation": "m.ban"}),
    ("org.matrix.msc3401.call.member", "_@alice:test_PHONE_m.call", {"application": "m.call"}),
    ("m.space.child", "!other:example.org", {"via": ["example.org"], "order": "a"}),
)


@pytest.mark.parametrize(("type", "state_key", "content"), OPAQUE)
def test_state_that_only_clients_read_passes_unchanged(
    server: Server, type: str, state_key: str, content: dict[str, Any]
) -> None:
    """Image packs, policy rooms, calls, spaces."""
    alice = server.person("alice")
    room = alice.creates_room()

    alice.sets(room, type, content, state_key)

    assert alice.state(room, type, state_key) == content


def test_account_data_that_only_clients_read_passes_unchanged(server: Server) -> None:
    alice = server.person("alice")
    for type in ("m.image_pack.rooms", "im.ponies.emote_rooms", "m.media_preview_config"):
        path = f"/v3/user/{alice.user_id}/account_data/{type}"
        alice.put(path, {"rooms": {"!a:b": {"": {}}}})
        assert alice.get(path) == {"rooms": {"!a:b": {"": {}}}}
