"""What clients of today ask for beyond the specification has somebody who answers.

What the answers are is tested where each belongs; here, that no path is missing. A path that is
not served is told apart by its error: M_UNRECOGNIZED.
"""

import pytest

from tests.people import Refused, Server

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

U = "/unstable"
ASKED_FOR = f"""
POST {U}/org.matrix.simplified_msc3575/sync
POST /v4/sync
GET {U}/io.element.msc4308/thread_subscriptions
GET {U}/io.element.msc4306/rooms/!r/thread/$e/subscription
PUT {U}/io.element.msc4306/rooms/!r/thread/$e/subscription
DELETE {U}/io.element.msc4306/rooms/!r/thread/$e/subscription
POST {U}/org.matrix.msc4140/delayed_events/D
POST {U}/org.matrix.msc4140/delayed_events/D/restart
POST {U}/org.matrix.msc4140/delayed_events/D/send
POST {U}/org.matrix.msc4140/delayed_events/D/cancel
GET {U}/org.matrix.msc4140/delayed_events
POST /v1/delayed_events/D/restart
POST /v1/delayed_events/D/send
POST /v1/delayed_events/D/cancel
GET /v1/delayed_events/D
PUT /v3/rooms/!r/delayed_event/m.room.message/T
GET /v1/rtc/transports
GET {U}/org.matrix.msc4143/rtc/transports
GET {U}/org.matrix.msc3814.v1/dehydrated_device
PUT {U}/org.matrix.msc3814.v1/dehydrated_device
DELETE {U}/org.matrix.msc3814.v1/dehydrated_device
GET {U}/org.matrix.msc3814.v1/dehydrated_device/D/events
POST {U}/org.matrix.msc3814.v1/dehydrated_device/D/events
POST {U}/keys/device_signing/upload
POST {U}/keys/signatures/upload
POST {U}/keys/upload
POST {U}/keys/query
POST {U}/keys/claim
GET {U}/room_keys/version
POST {U}/org.matrix.msc4162/keys/reset
GET /v1/auth_metadata
GET {U}/org.matrix.msc2965/auth_metadata
GET {U}/org.matrix.msc2965/auth_issuer
POST /v1/appservice/A/ping
POST {U}/fi.mau.msc2659/appservice/A/ping
GET /v1/room_summary/!r
GET {U}/im.nheko.summary/summary/!r
GET {U}/im.nheko.summary/rooms/!r/summary
GET /v3/profile/@a:test/m.tz
GET {U}/uk.tcpip.msc4133/profile/@a:test
DELETE {U}/uk.tcpip.msc4133/profile/@a:test/m.tz
GET /v1/media/download/test/M
GET {U}/org.matrix.msc3916/media/download/test/M
POST /v3/rooms/!r/report
POST {U}/org.matrix.msc4151/rooms/!r/report
POST /v3/users/@a:test/report
POST {U}/org.matrix.msc4260/users/@a:test/report
POST {U}/com.beeper.backfill/rooms/!r/batch_send
GET /v1/mutual_rooms
GET {U}/uk.half-shot.msc2666/user/mutual_rooms
GET /v1/rooms/!r/timestamp_to_event
GET {U}/org.matrix.msc3030/rooms/!r/timestamp_to_event
GET /v1/admin/suspend/@a:test
PUT {U}/uk.timedout.msc4323/admin/lock/@a:test
GET {U}/org.matrix.msc1763/retention/configuration
"""

UNLESS_SET_UP = ("/rtc/transports", "/auth_metadata", "/auth_issuer")


def test_every_path_that_clients_ask_for_is_served(server: Server) -> None:
    alice = server.person("alice")
    lines = [line for line in ASKED_FOR.split("\n") if line]
    missing = []
    for line in lines:
        method, path = line.split(" ")
        try:
            alice.ask(method, path, None if method == "GET" else {}).json()
        except Refused as refused:
            if refused.errcode == "M_UNRECOGNIZED":
                missing.append(line)

    # Here are neither OAuth nor LiveKit, which is said with this very error.
    assert missing == [line for line in lines if line.endswith(UNLESS_SET_UP)]
