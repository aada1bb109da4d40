"""What clients of today ask for beyond the specification has somebody who answers.

Each row names what a proposal asks of a server: the calls that it makes, and where the rest of it
is proved. A path that is not served is told apart by its error: M_UNRECOGNIZED.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.homeserver.client_api.town import Town
from tests.people import Refused, Server

# Which database it is makes no difference to these.
on_sqlite = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

TESTS = Path(__file__).parents[1]
U = "/unstable"
M = "/_matrix/media"
EXTENSIONS = "sync/sliding/test_extensions.py"

ROWS = {
    "MSC4186, as deployed": f"POST {U}/org.matrix.simplified_msc3575/sync",
    "MSC4186, as merged": "POST /v4/sync",
    "MSC4538": f"{EXTENSIONS}::test_messages_to_the_device_stay_until_they_are_acknowledged",
    "MSC4543": f"{EXTENSIONS}::test_the_encryption_connection_learns_whose_devices_changed",
    "MSC4508": f"{EXTENSIONS}::test_typing_comes_and_goes",
    "MSC4551": f"{EXTENSIONS}::test_receipts_come_with_what_is_shown",
    "MSC3959": f"{EXTENSIONS}::test_account_data_comes_whole_then_as_it_changes",
    "MSC4222": "sync/test_states.py::test_the_state_after_the_timeline_is_told_if_asked_for",
    "MSC3861": f"""
        GET /v1/auth_metadata
        GET {U}/org.matrix.msc2965/auth_metadata
        GET {U}/org.matrix.msc2965/auth_issuer
        users/oauth/test_tokens.py::test_an_app_gets_a_login_on_the_device_that_it_chose
        """,
    "MSC2967": """
        users/oauth/test_tokens.py::test_the_older_spelling_of_scopes_is_granted_as_it_was_asked
        """,
    "MSC4312": """
        accounts_web/test_own_account.py::test_new_cross_signing_keys_are_agreed_to_in_the_browser
        """,
    "MSC4191": "accounts_web/test_own_account.py::test_apps_lead_to_the_page_for_what_is_wanted",
    "MSC3824": "client_api/test_sso.py::test_apps_are_told_and_those_that_know_oauth_prefer_it",
    "MSC4108": f"POST {U}/org.matrix.msc4108/rendezvous",
    "MSC4388": f"""
        GET {U}/io.element.msc4388/rendezvous
        POST {U}/io.element.msc4388/rendezvous
        GET {U}/io.element.msc4388/rendezvous/R
        PUT {U}/io.element.msc4388/rendezvous/R
        DELETE {U}/io.element.msc4388/rendezvous/R
        """,
    "MSC4190": """
        PUT /v3/devices/D
        POST /v3/delete_devices
        users/test_masquerade.py::test_a_service_makes_and_uses_devices_of_its_users
        """,
    "MSC4326": "users/test_masquerade.py::test_a_service_makes_and_uses_devices_of_its_users",
    "MSC2409": "appservices/test_packing.py::test_who_types_is_told",
    "MSC4203": "appservices/test_packing.py::test_messages_to_its_devices_come_once_and_in_order",
    "MSC3202": "appservices/test_packing.py::test_an_encrypted_bridge_hears_of_devices_and_keys",
    "MSC2659": f"""
        POST /v1/appservice/A/ping
        POST {U}/fi.mau.msc2659/appservice/A/ping
        """,
    "MSC3316": "client_api/test_membership.py::test_services_set_the_time_of_comings_and_goings",
    "MSC4140, as deployed": f"""
        PUT /v3/rooms/!r/send/m.room.message/T?org.matrix.msc4140.delay=1000
        PUT /v3/rooms/!r/state/m.room.topic/?org.matrix.msc4140.delay=1000
        rooms/test_delayed_events.py::test_a_repeated_request_schedules_once
        POST {U}/org.matrix.msc4140/delayed_events/D
        POST {U}/org.matrix.msc4140/delayed_events/D/restart
        POST {U}/org.matrix.msc4140/delayed_events/D/send
        POST {U}/org.matrix.msc4140/delayed_events/D/cancel
        GET {U}/org.matrix.msc4140/delayed_events
        """,
    "MSC4140, as merged": f"""
        PUT /v3/rooms/!r/delayed_event/m.room.message/T
        PUT {U}/org.matrix.msc4140/rooms/!r/delayed_event/m.room.message/T
        POST /v1/delayed_events/D/restart
        POST /v1/delayed_events/D/send
        POST /v1/delayed_events/D/cancel
        GET /v1/delayed_events/D
        GET {U}/org.matrix.msc4140/delayed_events/D
        """,
    "MSC4143": f"""
        GET /v1/rtc/transports
        GET {U}/org.matrix.msc4143/rtc/transports
        calls/test_seats.py::test_clients_find_livekit_under_all_names
        """,
    "MSC4195": """
        POST /v3/user/@a:test/openid/request_token
        calls/test_seats.py::test_older_clients_come_into_the_same_call
        """,
    "MSC3401": """
        client_api/test_older_names.py::test_state_that_only_clients_read_passes_unchanged
        """,
    "MSC3266": f"""
        GET /v1/room_summary/!r
        GET {U}/im.nheko.summary/summary/!r
        GET {U}/im.nheko.summary/rooms/!r/summary
        """,
    "MSC4133 and MSC4175": f"""
        GET /v3/profile/@a:test/m.tz
        GET {U}/uk.tcpip.msc4133/profile/@a:test
        GET {U}/uk.tcpip.msc4133/profile/@a:test/m.tz
        PUT {U}/uk.tcpip.msc4133/profile/@a:test/us.cloke.msc4175.tz
        DELETE {U}/uk.tcpip.msc4133/profile/@a:test/m.tz
        """,
    "MSC4426": "PUT /v3/profile/@a:test/org.matrix.msc4426.status",
    "MSC3916": f"""
        GET /v1/media/config
        GET /v1/media/preview_url
        GET /v1/media/download/test/M
        GET /v1/media/thumbnail/test/M
        GET {U}/org.matrix.msc3916/media/config
        GET {U}/org.matrix.msc3916/media/preview_url
        GET {U}/org.matrix.msc3916/media/download/test/M
        GET {U}/org.matrix.msc3916/media/thumbnail/test/M
        """,
    "MSC2246": f"""
        POST {M}/v1/create
        PUT {M}/v3/upload/test/M
        POST {M}/unstable/fi.mau.msc2246/create
        """,
    "MSC3967": """
        devices/test_cross_signing.py::test_the_first_keys_and_the_same_again_need_no_proof
        """,
    "MSC4115": "rooms/test_shown.py::test_an_event_tells_its_age_and_the_readers_membership",
    "MSC4380": """
        rooms/test_invite_permission.py::test_who_blocks_invites_gets_none_and_is_shown_none
        """,
    "MSC4155": "rooms/test_invite_permission.py::test_rules_by_user_come_before_those_by_server",
    "MSC4151": f"""
        POST /v3/rooms/!r/report
        POST {U}/org.matrix.msc4151/rooms/!r/report
        """,
    "MSC4260": f"""
        POST /v3/users/@a:test/report
        POST {U}/org.matrix.msc4260/users/@a:test/report
        """,
    "MSC4277": "rooms/test_reports.py::test_nobody_learns_by_reports_who_and_what_is_here",
    "MSC3823 and MSC3939": """
        rooms/test_sending.py::test_the_suspended_say_nothing_but_take_their_words_back
        """,
    "MSC4323": f"""
        GET /v1/admin/suspend/@a:test
        PUT /v1/admin/suspend/@a:test
        GET /v1/admin/lock/@a:test
        PUT /v1/admin/lock/@a:test
        GET {U}/uk.timedout.msc4323/admin/suspend/@a:test
        PUT {U}/uk.timedout.msc4323/admin/suspend/@a:test
        GET {U}/uk.timedout.msc4323/admin/lock/@a:test
        PUT {U}/uk.timedout.msc4323/admin/lock/@a:test
        """,
    "MSC4026": "GET /versions",
    "MSC4306": f"""
        GET {U}/io.element.msc4306/rooms/!r/thread/$e/subscription
        PUT {U}/io.element.msc4306/rooms/!r/thread/$e/subscription
        DELETE {U}/io.element.msc4306/rooms/!r/thread/$e/subscription
        """,
    "MSC4308": f"GET {U}/io.element.msc4308/thread_subscriptions",
    "MSC4262": """
        sync/sliding/test_user_extensions.py::test_profiles_come_with_rooms_then_as_they_change
        """,
    "MSC4429": "sync/test_profile_news.py::test_profiles_of_neighbours_are_told_as_they_change",
    "MSC4354": """
        PUT /v3/rooms/!r/send/m.room.message/T?org.matrix.msc4354.sticky_duration_ms=1000
        rooms/test_sticky_events.py::test_it_is_told_beside_a_timeline_that_leaves_it_out
        sync/sliding/test_user_extensions.py::test_sticky_events_come_in_order_and_none_is_lost
        """,
    "MSC2716": f"POST {U}/com.beeper.backfill/rooms/!r/batch_send",
    "MSC4169": "PUT /v3/rooms/!r/send/m.room.redaction/T",
    "MSC3912": "rooms/test_related_redactions.py::test_the_named_kinds_of_relations_go_along",
    "MSC4293": "rooms/test_mass_redactions.py::test_all_that_was_said_goes_with_who_said_it",
    "MSC2815": """
        GET /v3/rooms/!r/event/$e?fi.mau.msc2815.include_unredacted_content=true
        rooms/test_mass_redactions.py::test_moderators_look_at_what_was_redacted
        """,
    "MSC1763": f"GET {U}/org.matrix.msc1763/retention/configuration",
    "MSC2666": f"""
        GET /v1/mutual_rooms
        GET {U}/uk.half-shot.msc2666/user/mutual_rooms
        """,
    "MSC3030": f"""
        GET /v1/rooms/!r/timestamp_to_event
        GET {U}/org.matrix.msc3030/rooms/!r/timestamp_to_event
        """,
    "MSC3881": "users/test_pushers.py::test_a_pusher_can_be_switched_off_from_another_device",
    "MSC4028": """
        events/push_rules/test_defaults.py::test_encrypted_events_are_pushed_even_from_a_silent_room_once_enabled
        """,
    "MSC3381 and MSC3930": """
        events/push_rules/test_defaults.py::test_votes_and_other_events_are_silent
        """,
    "MSC3814": f"""
        GET {U}/org.matrix.msc3814.v1/dehydrated_device
        PUT {U}/org.matrix.msc3814.v1/dehydrated_device
        DELETE {U}/org.matrix.msc3814.v1/dehydrated_device
        GET {U}/org.matrix.msc3814.v1/dehydrated_device/D/events
        POST {U}/org.matrix.msc3814.v1/dehydrated_device/D/events
        """,
    "MSC1756": f"""
        POST {U}/keys/device_signing/upload
        POST {U}/keys/signatures/upload
        POST {U}/keys/upload
        POST {U}/keys/query
        POST {U}/keys/claim
        GET {U}/keys/changes
        GET {U}/room_keys/version
        POST {U}/room_keys/version
        GET {U}/room_keys/version/1
        PUT {U}/room_keys/version/1
        DELETE {U}/room_keys/version/1
        GET {U}/room_keys/keys
        PUT {U}/room_keys/keys
        DELETE {U}/room_keys/keys
        GET {U}/room_keys/keys/!r
        PUT {U}/room_keys/keys/!r
        DELETE {U}/room_keys/keys/!r
        GET {U}/room_keys/keys/!r/S
        PUT {U}/room_keys/keys/!r/S
        DELETE {U}/room_keys/keys/!r/S
        """,
    "MSC4162": f"POST {U}/org.matrix.msc4162/keys/reset",
    "MSC4284": """
        rooms/policies/test_policy_servers.py::test_older_servers_and_rooms_spell_it_in_their_way
        """,
    "io.element.e2ee_forced": """
        client_api/test_versions.py::test_clients_know_which_rooms_are_encrypted_in_any_case
        """,
    "io.element.* in .well-known": """
        client_api/test_facts.py::test_well_known_says_only_what_was_set
        """,
}
"""By proposal, those that clients need most and those that they should have."""

UNLESS_SET_UP = ("/rtc/transports", "/auth_metadata", "/auth_issuer", "/rendezvous")


def lines_of(row: str) -> list[str]:
    return [line.strip() for line in row.split("\n") if line.strip()]


@on_sqlite
def test_every_path_that_clients_ask_for_is_served(server: Server) -> None:
    alice = server.person("alice")
    lines = [line for row in ROWS.values() for line in lines_of(row) if "::" not in line]
    missing = []
    for line in lines:
        method, path = line.split(" ")
        try:
            alice.ask(method, path, None if method == "GET" else {}).json()
        except Refused as refused:
            if refused.errcode == "M_UNRECOGNIZED":
                missing.append(line)

    # Here are neither OAuth nor LiveKit, which is said with this very error.
    is_off = [line for line in lines if line.endswith(UNLESS_SET_UP) or "/rendezvous/" in line]
    assert missing == is_off


def test_what_has_no_path_of_its_own_is_proved_somewhere() -> None:
    for row, text in ROWS.items():
        assert lines_of(text), row
        for line in lines_of(text):
            file, is_test, name = line.partition("::")
            if is_test:
                assert f"def {name}(" in (TESTS / file).read_text(), row


LISTS = {
    "lists": {"all": {"timeline_limit": 1, "required_state": [], "ranges": [[0, 9]]}},
    "extensions": {"e2ee": {"enabled": True}},
}
TALK = {"msgtype": "m.text", "body": "later"}

SHAPES: tuple[tuple[str, str, Any, set[str]], ...] = (
    ("POST", f"{U}/org.matrix.simplified_msc3575/sync", LISTS, {"pos", "lists", "rooms"}),
    (
        "POST",
        "/v4/sync",
        {"lists": {"all": {"timeline_limit": 1, "range": [0, 9]}}},
        {"pos", "lists"},
    ),
    ("GET", "/v3/sync?org.matrix.msc4222.use_state_after=true", None, {"next_batch", "rooms"}),
    ("GET", "/versions", None, {"versions", "unstable_features"}),
    ("GET", "/v1/room_summary/{room}", None, {"room_id", "membership", "room_version"}),
    ("GET", "/v1/mutual_rooms?user_id={bob}", None, {"joined", "count"}),
    ("GET", f"{U}/uk.half-shot.msc2666/user/mutual_rooms?user_id={{bob}}", None, {"joined"}),
    ("GET", "/v1/rooms/{room}/timestamp_to_event?ts=0&dir=f", None, {"event_id"}),
    ("GET", f"{U}/org.matrix.msc1763/retention/configuration", None, {"policies", "limits"}),
    ("GET", f"{U}/org.matrix.msc4140/delayed_events", None, {"scheduled", "finalised"}),
    (
        "PUT",
        "/v3/rooms/{room}/delayed_event/m.room.message/b",
        {"delay_ms": 9, "content": TALK},
        {"delay_id"},
    ),
    (
        "PUT",
        "/v3/rooms/{room}/send/m.room.message/c?org.matrix.msc4354.sticky_duration_ms=9",
        TALK,
        {"event_id"},
    ),
    (
        "POST",
        "/v3/user/{alice}/openid/request_token",
        {},
        {"access_token", "token_type", "matrix_server_name", "expires_in"},
    ),
    ("POST", f"{M}/v1/create", {}, {"content_uri"}),
    ("POST", f"{M}/unstable/fi.mau.msc2246/create", {}, {"content_uri"}),
    ("GET", f"{U}/org.matrix.msc3916/media/config", None, {"m.upload.size"}),
    ("GET", f"{U}/uk.tcpip.msc4133/profile/{{bob}}", None, {"displayname"}),
    ("GET", f"{U}/keys/changes?from=s1&to=s2", None, {"changed", "left"}),
    ("POST", f"{U}/keys/query", {"device_keys": {}}, {"device_keys"}),
)


@on_sqlite
@pytest.mark.parametrize(("method", "path", "body", "keys"), SHAPES)
def test_answers_have_the_shape_that_clients_read(
    server: Server, method: str, path: str, body: Any, keys: set[str]
) -> None:
    town = Town(server, lambda: server)
    alice = town.person("alice")

    answer = alice.ask(method, town.filled(path), body).json()

    assert keys <= answer.keys()


@on_sqlite
def test_a_redaction_may_come_as_any_other_event(server: Server) -> None:
    """MSC4169; before room version 11 its target stands beside the content."""
    alice = server.person("alice")
    room = alice.creates_room(room_version="10")
    said = alice.sends(room, "Did I say that?")

    redaction = alice.sends_event(room, "m.room.redaction", {"redacts": said})

    assert alice.get(f"/v3/rooms/{room}/event/{redaction}")["redacts"] == said
    assert alice.get(f"/v3/rooms/{room}/event/{said}")["content"] == {}


@on_sqlite
def test_capabilities_stand_under_older_names_where_clients_bear_both(server: Server) -> None:
    told = server.person("alice").get("/v3/capabilities")["capabilities"]

    assert told["m.profile_fields"]["enabled"]
    assert "uk.tcpip.msc4133.profile_fields" not in told
    assert told["org.matrix.msc4140.delayed_events"].keys() == {"max_delay_ms", "max_scheduled"}
