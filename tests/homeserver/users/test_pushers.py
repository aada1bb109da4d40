from typing import Any

import pytest

from tests.people import Refused, Server

PUSHER: dict[str, Any] = {
    "pushkey": "key",
    "kind": "http",
    "app_id": "org.example.app",
    "app_display_name": "App",
    "device_display_name": "Phone",
    "lang": "en",
    "data": {"url": "https://push.example.org/_matrix/push/v1/notify", "format": "event_id_only"},
}


def test_a_pusher_is_added_changed_and_removed(server: Server) -> None:
    alice = server.person("alice")

    alice.post("/v3/pushers/set", PUSHER)
    alice.post("/v3/pushers/set", {**PUSHER, "lang": "de", "profile_tag": "x"})
    (found,) = alice.get("/v3/pushers")["pushers"]
    assert found.pop("org.matrix.msc3881.enabled") is True
    assert found.pop("org.matrix.msc3881.device_id") == alice.device_id
    assert found == {**PUSHER, "lang": "de", "profile_tag": "x"}

    alice.post("/v3/pushers/set", {"kind": None, "app_id": "org.example.app", "pushkey": "key"})
    assert alice.get("/v3/pushers") == {"pushers": []}


def test_a_pusher_can_be_switched_off_from_another_device(server: Server) -> None:
    alice = server.person("alice")
    alice.post("/v3/pushers/set", PUSHER)

    alice.logs_in().post("/v3/pushers/set", {**PUSHER, "org.matrix.msc3881.enabled": False})

    (found,) = alice.get("/v3/pushers")["pushers"]
    assert found["org.matrix.msc3881.enabled"] is False
    features = alice.get("/_matrix/client/versions")["unstable_features"]
    assert features["org.matrix.msc3881"] is True


def test_a_telephone_moves_to_a_new_user_unless_it_is_shared(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    alice.post("/v3/pushers/set", PUSHER)

    bob.post("/v3/pushers/set", {**PUSHER, "append": True})
    assert alice.get("/v3/pushers")["pushers"] and bob.get("/v3/pushers")["pushers"]

    carol.post("/v3/pushers/set", PUSHER)
    assert not alice.get("/v3/pushers")["pushers"] and not bob.get("/v3/pushers")["pushers"]


WRONG_PUSHER: list[tuple[Any, ...]] = [
    ({"lang": None}, "M_BAD_JSON"),
    ({"kind": "carrier pigeon"}, "M_INVALID_PARAM"),
    ({"app_id": "a" * 65}, "M_INVALID_PARAM"),
    ({"pushkey": "k" * 513}, "M_INVALID_PARAM"),
    ({"pushkey": "nul\0"}, "M_INVALID_PARAM"),
    ({"data": {}}, "M_MISSING_PARAM"),
    ({"data": {"url": "https://example.org/elsewhere"}}, "M_INVALID_PARAM"),
    ({"data": {"url": "ftp://example.org/_matrix/push/v1/notify"}}, "M_INVALID_PARAM"),
    ({"data": {**PUSHER["data"], "extra": "x" * 8192}}, "M_TOO_LARGE"),
]


def test_a_wrong_pusher_is_refused(server: Server) -> None:
    alice = server.person("alice")

    for change, errcode in WRONG_PUSHER:
        with pytest.raises(Refused) as refused:
            alice.post("/v3/pushers/set", {**PUSHER, **change})

        assert refused.value.errcode == errcode
        assert alice.get("/v3/pushers") == {"pushers": []}
