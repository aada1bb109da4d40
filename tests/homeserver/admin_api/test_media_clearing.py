"""Files are deleted by age and size; which files a room names."""

from tests.homeserver.admin_api.test_media import id_of
from tests.homeserver.media.clients import downloads, uploads
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person, Server

V1 = "/_synapse/admin/v1"


def test_old_and_large_files_go(server: Server, admin: Person, alice: Person) -> None:
    small, large = uploads(alice, b"1"), uploads(alice, b"12345")
    protected, picture = uploads(alice, b"1234567"), uploads(alice, b"12345678")
    admin.post(f"{V1}/media/protect/{id_of(protected)}")
    alice.put(
        f"/v3/profile/{alice.user_id}/avatar_url", {"avatar_url": f"mxc://test/{id_of(picture)}"}
    )
    server.clock.advance(60)
    young, now = uploads(alice, b"123456"), server.clock.now_ms()

    gone = admin.post(f"{V1}/media/delete?before_ts={now}&size_gt=1")

    assert gone == {"deleted_media": [id_of(large)], "total": 1}
    assert downloads(alice, large)[0] == 404
    assert {downloads(alice, it)[0] for it in (small, protected, picture, young)} == {200}
    gone = admin.post(f"{V1}/media/test/delete?before_ts={now}&size_gt=1&keep_profiles=false")
    assert gone["deleted_media"] == [id_of(picture)]


def test_times_are_milliseconds_and_files_ours(admin: Person, alice: Person) -> None:
    for path in ("media/delete", "media/test/delete", "purge_media_cache"):
        assert refusal(admin, "POST", f"{V1}/{path}?before_ts=1700000000") == (
            400,
            "M_INVALID_PARAM",
        )
        assert refusal(admin, "POST", f"{V1}/{path}") == (400, "M_MISSING_PARAM")
    now = "before_ts=1700000000000"
    assert refusal(admin, "POST", f"{V1}/media/elsewhere/delete?{now}") == (400, "M_INVALID_PARAM")
    assert refusal(alice, "POST", f"{V1}/purge_media_cache?{now}") == (403, "M_FORBIDDEN")
    assert admin.post(f"{V1}/purge_media_cache?{now}") == {"deleted": 0}


def test_which_files_a_room_names(admin: Person, alice: Person) -> None:
    room, ours = alice.creates_room(), f"mxc://test/{id_of(uploads(alice, b'1'))}"
    for url in (ours, "mxc://elsewhere/abc", ours):
        content = {"msgtype": "m.image", "body": "x", "url": url}
        alice.put(f"/v3/rooms/{room}/send/m.room.message/{len(url)}{url[-1]}", content)
    path = f"{V1}/room/{room}/media"

    assert admin.get(path) == {"local": [ours], "remote": ["mxc://elsewhere/abc"]}
    assert refusal(admin, "GET", f"{V1}/room/!no:test/media") == (404, "M_NOT_FOUND")


def test_who_hid_a_file_is_named(admin: Person, alice: Person) -> None:
    address = uploads(alice, b"bad")
    info = f"{V1}/media/{address}"

    admin.post(f"{V1}/media/quarantine/{address}")
    assert admin.get(info)["media_info"]["quarantined_by"] == admin.user_id
    admin.post(f"{V1}/media/unquarantine/{address}")
    assert admin.get(info)["media_info"]["quarantined_by"] is None
    admin.post(f"{V1}/user/{alice.user_id}/media/quarantine")
    (item,) = admin.get(f"{V1}/users/{alice.user_id}/media")["media"]
    assert item["quarantined_by"] == admin.user_id
