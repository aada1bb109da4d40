"""What is advertised is there: each flag names what must be served, or where it is proved."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from attrs import evolve

from homeserver.config.rooms import Rooms
from homeserver.config.settings import Settings
from tests.people import Server

ROOT = Path(__file__).parents[3]
ROOMS = "/_matrix/client/v3/rooms/{}"
UNSTABLE = "/_matrix/client/unstable"
V1 = "/_matrix/client/v1"

PATHS = {
    "com.beeper.batch_sending": [f"POST {UNSTABLE}/com.beeper.backfill/rooms/{{}}/batch_send"],
    "com.beeper.room_yeeting": [f"POST {UNSTABLE}/com.beeper.yeet/rooms/{{}}/delete"],
    "com.beeper.msc4169": ["PUT /_matrix/client/v3/rooms/{}/send/{}/{}"],
    "fi.mau.msc2246.stable": [
        "POST /_matrix/media/v1/create",
        "PUT /_matrix/media/v3/upload/{}/{}",
    ],
    "fi.mau.msc2659.stable": [f"POST {V1}/appservice/{{}}/ping"],
    "fi.mau.msc2815": [f"GET {ROOMS}/event/{{}}"],
    "org.matrix.e2e_cross_signing": [
        f"POST {UNSTABLE}/keys/device_signing/upload",
        f"POST {UNSTABLE}/keys/signatures/upload",
    ],
    "org.matrix.msc3030": [f"GET {UNSTABLE}/org.matrix.msc3030/rooms/{{}}/timestamp_to_event"],
    "org.matrix.msc3030.stable": [f"GET {V1}/rooms/{{}}/timestamp_to_event"],
    "org.matrix.msc3440.stable": [f"GET {V1}/rooms/{{}}/relations/{{}}/{{}}"],
    "org.matrix.msc3715.stable": [f"GET {V1}/rooms/{{}}/relations/{{}}"],
    "org.matrix.msc3814": [f"PUT {UNSTABLE}/org.matrix.msc3814.v1/dehydrated_device"],
    "org.matrix.msc3827.stable": ["POST /_matrix/client/v3/publicRooms"],
    "org.matrix.msc3856.stable": [f"GET {V1}/rooms/{{}}/threads"],
    "org.matrix.msc3881": ["POST /_matrix/client/v3/pushers/set"],
    "org.matrix.msc3912": [f"PUT {ROOMS}/redact/{{}}/{{}}"],
    "org.matrix.msc3916.stable": [
        f"GET {V1}/media/download/{{}}/{{}}",
        f"GET {V1}/media/thumbnail/{{}}/{{}}",
        f"GET {V1}/media/config",
        f"GET {V1}/media/preview_url",
    ],
    "org.matrix.msc3981": [f"GET {V1}/rooms/{{}}/relations/{{}}"],
    "org.matrix.msc4140": [
        f"POST {UNSTABLE}/org.matrix.msc4140/delayed_events/{{}}",
        f"POST {UNSTABLE}/org.matrix.msc4140/delayed_events/{{}}/{{}}",
        f"GET {UNSTABLE}/org.matrix.msc4140/delayed_events",
        f"PUT {UNSTABLE}/org.matrix.msc4140/rooms/{{}}/delayed_event/{{}}/{{}}",
    ],
    "org.matrix.msc4140.stable": [
        f"POST {V1}/delayed_events/{{}}/{{}}",
        f"GET {V1}/delayed_events/{{}}",
        "PUT /_matrix/client/v3/rooms/{}/delayed_event/{}/{}",
    ],
    "org.matrix.msc4306": [
        f"{method} {UNSTABLE}/io.element.msc4306/rooms/{{}}/thread/{{}}/subscription"
        for method in ("GET", "PUT", "DELETE")
    ],
    "org.matrix.simplified_msc3575": [f"POST {UNSTABLE}/org.matrix.simplified_msc3575/sync"],
    "org.matrix.msc4486": [f"GET {UNSTABLE}/org.matrix.msc4486/delayed_events"],
    "uk.half-shot.msc2666.query_mutual_rooms": [
        f"GET {UNSTABLE}/uk.half-shot.msc2666/user/mutual_rooms"
    ],
    "uk.half-shot.msc2666.query_mutual_rooms.stable": [f"GET {V1}/mutual_rooms"],
    "uk.tcpip.msc4133": [
        f"{method} {UNSTABLE}/uk.tcpip.msc4133/profile/{{}}/{{}}"
        for method in ("GET", "PUT", "DELETE")
    ],
    "uk.tcpip.msc4133.stable": [
        f"{method} /_matrix/client/v3/profile/{{}}/{{}}" for method in ("GET", "PUT", "DELETE")
    ],
    "uk.timedout.msc4323": [
        f"PUT {UNSTABLE}/uk.timedout.msc4323/admin/{what}/{{}}" for what in ("lock", "suspend")
    ],
    "uk.timedout.msc4323.stable": [f"PUT {V1}/admin/{what}/{{}}" for what in ("lock", "suspend")],
}
"""Flags for endpoints."""

PROVED_IN = {
    "com.beeper.room_create_autojoin_invites": "tests/homeserver/rooms/test_creation.py",
    "org.matrix.msc4429": "tests/homeserver/sync/test_profile_news.py",
    "org.matrix.msc4429.stable": "tests/homeserver/sync/test_profile_news.py",
    "org.matrix.msc4262": "tests/homeserver/sync/sliding/test_user_extensions.py",
    "org.matrix.msc4174": "tests/homeserver/delivery/push/test_web_push.py",
    "org.matrix.msc2285.stable": "tests/homeserver/rooms/test_receipts.py",
    "org.matrix.msc3771": "tests/homeserver/rooms/test_receipts.py",
    "org.matrix.msc3773": "tests/homeserver/sync/test_unread.py",
    "org.matrix.msc3952_intentional_mentions": "tests/homeserver/sync/test_unread.py",
    "org.matrix.msc4028": "tests/homeserver/events/push_rules/test_defaults.py",
    "org.matrix.msc4076": "tests/homeserver/delivery/push/test_reading.py",
    "org.matrix.msc4155": "tests/homeserver/rooms/test_invite_permission.py",
    "org.matrix.msc4222": "tests/homeserver/sync/test_states.py",
    "org.matrix.msc4354": "tests/homeserver/rooms/test_sticky_events.py",
    "org.matrix.msc4380": "tests/homeserver/rooms/test_invite_permission.py",
    "org.matrix.msc4380.stable": "tests/homeserver/rooms/test_invite_permission.py",
    "org.matrix.msc4508": "tests/homeserver/sync/sliding/test_extensions.py",
    "org.matrix.msc4538": "tests/homeserver/sync/sliding/test_extensions.py",
    "org.matrix.msc4543": "tests/homeserver/sync/sliding/test_extensions.py",
    "org.matrix.msc4551": "tests/homeserver/sync/sliding/test_extensions.py",
    "us.cloke.msc4175": "tests/homeserver/users/test_profiles.py",
    "us.cloke.msc4175.stable": "tests/homeserver/users/test_profiles.py",
}
"""Flags for how something behaves."""


def features(server: Server) -> dict[str, bool]:
    found: dict[str, bool] = server.anonymous.get("/versions")["unstable_features"]
    return found


def nameless(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_flags_for_endpoints_are_true(server: Server) -> None:
    served = {
        f"{route.method} {nameless(route.path)}" for route in server.factory.site._router.routes
    }

    missing = [path for paths in PATHS.values() for path in paths if path not in served]

    assert missing == []


def test_flags_for_behaviour_say_where_it_is_proved() -> None:
    for flag, path in PROVED_IN.items():
        assert (ROOT / path).is_file(), flag


def test_no_flag_is_without_proof(server: Server) -> None:
    advertised = {flag for flag, is_on in features(server).items() if is_on}

    assert advertised - PATHS.keys() - PROVED_IN.keys() == set(), "add them to a table above"
    assert (PATHS.keys() | PROVED_IN.keys()) - advertised == set(), "these are no longer told"


@pytest.mark.parametrize(
    ("setting", "public", "private"),
    [("none", False, False), ("private", False, True), ("all", True, True)],
)
def test_clients_know_which_rooms_are_encrypted_in_any_case(
    settings: Settings,
    start_server: Callable[..., Server],
    setting: Literal["none", "private", "all"],
    public: bool,
    private: bool,
) -> None:
    rooms: Rooms = evolve(settings.rooms, encryption_by_default=setting)

    found = features(start_server(rooms=rooms))

    assert found["io.element.e2ee_forced.public"] is public
    assert found["io.element.e2ee_forced.private"] is private
    assert found["io.element.e2ee_forced.trusted_private"] is private
