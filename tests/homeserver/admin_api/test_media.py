"""Files: listed, looked at, protected, deleted; and what they take."""

from tests.homeserver.media.clients import downloads, uploads
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person

V1 = "/_synapse/admin/v1"


def id_of(address: str) -> str:
    return address.partition("/")[2]


def test_uploads_are_listed_and_deleted(admin: Person, alice: Person) -> None:
    small, large = (id_of(uploads(alice, content)) for content in (b"1", b"12345"))
    path = f"{V1}/users/{alice.user_id}/media"

    page = admin.get(path, order_by="media_length", dir="b", limit=1)

    assert (page["total"], page["next_token"]) == (2, "1")
    (item,) = page["media"]
    assert (item["media_id"], item["media_length"], item["quarantined_by"]) == (large, 5, None)
    gone = admin.delete(path, order_by="media_length", limit=1)
    assert gone == {"deleted_media": [small], "total": 1}
    assert [it["media_id"] for it in admin.get(path)["media"]] == [large]


def test_one_file_is_looked_at_and_deleted(admin: Person, alice: Person) -> None:
    address = uploads(alice, b"picture")

    info = admin.get(f"{V1}/media/{address}")["media_info"]

    assert (info["media_origin"], info["media_id"]) == ("test", id_of(address))
    assert (info["user_id"], info["media_length"]) == (alice.user_id, 7)
    answer = admin.delete(f"{V1}/media/{address}")
    assert answer == {"deleted_media": [id_of(address)], "total": 1}
    assert downloads(alice, address)[0] == 404
    assert refusal(admin, "GET", f"{V1}/media/{address}") == (404, "M_NOT_FOUND")
    assert refusal(admin, "DELETE", f"{V1}/media/{address}") == (404, "M_NOT_FOUND")
    assert refusal(admin, "DELETE", f"{V1}/media/elsewhere/x") == (400, "M_INVALID_PARAM")


def test_protected_files_are_not_hidden(admin: Person, alice: Person) -> None:
    kept, other = uploads(alice, b"kept"), uploads(alice, b"other")
    admin.post(f"{V1}/media/protect/{id_of(kept)}")

    hidden = admin.post(f"{V1}/user/{alice.user_id}/media/quarantine")

    assert hidden == {"num_quarantined": 1}
    assert (downloads(alice, kept)[0], downloads(alice, other)[0]) == (200, 404)
    assert admin.get(f"{V1}/media/{kept}")["media_info"]["safe_from_quarantine"] is True
    assert refusal(admin, "POST", f"{V1}/media/quarantine/{kept}") == (403, "M_FORBIDDEN")
    admin.post(f"{V1}/media/unprotect/{id_of(kept)}")
    admin.post(f"{V1}/media/quarantine/{kept}")
    assert downloads(alice, kept)[0] == 404
    assert refusal(admin, "POST", f"{V1}/media/protect/nothing") == (404, "M_NOT_FOUND")


def test_what_the_uploads_of_users_take(admin: Person, alice: Person) -> None:
    for content in (b"123", b"4567"):
        uploads(alice, content)
    uploads(admin, b"1")
    path = f"{V1}/statistics/users/media"

    page = admin.get(path, order_by="media_length", dir="b")

    assert page == {
        "users": [
            {
                "user_id": alice.user_id,
                "displayname": "alice",
                "media_count": 2,
                "media_length": 7,
            },
            {"user_id": admin.user_id, "displayname": "admin", "media_count": 1, "media_length": 1},
        ],
        "total": 2,
    }
    assert [it["user_id"] for it in admin.get(path, search_term="ali")["users"]] == [alice.user_id]
    assert admin.get(path, until_ts=1) == {"users": [], "total": 0}
