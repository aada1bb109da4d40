"""Files hidden by whom they are from, or by the room that shows them."""

import pytest

from homeserver.media.uris import MAX_URIS, uris_in
from tests.homeserver.media.clients import downloads, uploads
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person, Server

ADMIN = "/_synapse/admin/v1"


@pytest.fixture
def people(server: Server) -> tuple[Person, Person]:
    admin, alice = server.people("admin", "alice")
    outcome(server.app.accounts.accounts.make_admin("@admin:test", True))
    return admin, alice


def test_all_files_of_a_user_are_hidden(people: tuple[Person, Person]) -> None:
    admin, alice = people
    theirs = [uploads(alice, b"number %d" % number) for number in range(3)]
    kept = uploads(admin, b"another's")

    answer = admin.post(f"{ADMIN}/user/{alice.user_id}/media/quarantine")

    assert answer == {"num_quarantined": 3}
    assert [downloads(alice, where)[0] for where in theirs] == [404, 404, 404]
    assert downloads(alice, kept)[0] == 200


@pytest.mark.parametrize(
    "path", [f"{ADMIN}/room/{{}}/media/quarantine", f"{ADMIN}/quarantine_media/{{}}"]
)
def test_all_files_that_a_room_shows_are_hidden(people: tuple[Person, Person], path: str) -> None:
    admin, alice = people
    room = alice.creates_room()
    picture, small, sticker, other = (
        uploads(alice, text) for text in (b"picture", b"thumbnail", b"sticker", b"elsewhere")
    )
    content = {
        "msgtype": "m.image",
        "body": "x",
        "url": f"mxc://{picture}",
        "info": {"thumbnail_url": f"mxc://{small}"},
    }
    alice.sends_event(room, "m.room.message", content)
    alice.sends_event(room, "m.sticker", {"body": "x", "info": {}, "url": f"mxc://{sticker}"})

    answer = admin.post(path.format(room))

    assert answer == {"num_quarantined": 3}
    assert [downloads(alice, it)[0] for it in (picture, small, sticker)] == [404] * 3
    assert downloads(alice, other)[0] == 200


def test_one_file_is_hidden_and_shown_again(people: tuple[Person, Person]) -> None:
    admin, alice = people
    where = uploads(alice, b"picture")

    admin.post(f"{ADMIN}/media/quarantine/{where}")
    assert downloads(alice, where)[0] == 404
    admin.post(f"{ADMIN}/media/unquarantine/{where}")

    assert downloads(alice, where)[0] == 200


def test_it_takes_an_administrator(people: tuple[Person, Person]) -> None:
    admin, alice = people
    where = uploads(alice, b"picture")
    paths = (
        f"{ADMIN}/media/quarantine/{where}",
        f"{ADMIN}/user/{alice.user_id}/media/quarantine",
        f"{ADMIN}/room/!nowhere:test/media/quarantine",
    )
    for path in paths:
        assert refusal(alice, "POST", path) == (403, "M_FORBIDDEN")
    assert refusal(admin, "POST", paths[2]) == (404, "M_NOT_FOUND")
    assert refusal(admin, "POST", f"{ADMIN}/user/nobody/media/quarantine")[0] == 404


def test_addresses_are_found_wherever_they_stand() -> None:
    found = uris_in(
        {
            "url": "mxc://a.example/one",
            "file": {"url": "mxc://b.example:8448/two"},
            "formatted_body": 'look: <img src="mxc://c.example/three" alt="mxc://" />',
            "list": [["mxc://d.example/four"], "mxc:///none", "mxc://bad name/five", 7, None],
        }
    )

    assert sorted(found) == [
        ("a.example", "one"),
        ("b.example:8448", "two"),
        ("c.example", "three"),
        ("d.example", "four"),
    ]
    many = {"body": " ".join(f"mxc://a.example/{number}" for number in range(500))}
    assert len(uris_in(many)) == MAX_URIS
