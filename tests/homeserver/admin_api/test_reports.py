"""What users reported."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person

V1 = "/_synapse/admin/v1"


def test_reports_of_events_are_read_and_dropped(admin: Person, alice: Person) -> None:
    room = alice.creates_room(name="Tea")
    said = [alice.sends(room, text) for text in ("bad", "worse")]
    for event_id in said:
        alice.post(f"/v3/rooms/{room}/report/{event_id}", {"reason": "rude"})

    first = admin.get(f"{V1}/event_reports", limit=1, dir="f")

    assert (first["total"], first["next_token"]) == (2, 1)
    (report,) = first["event_reports"]
    assert report == {
        "id": report["id"],
        "received_ts": 1_800_000_000_000,
        "event_id": said[0],
        "room_id": room,
        "user_id": alice.user_id,
        "sender": alice.user_id,
        "reason": "rude",
        "score": None,
        "name": "Tea",
        "canonical_alias": None,
    }
    path = f"{V1}/event_reports/{report['id']}"
    assert admin.get(path)["event_json"]["content"]["body"] == "bad"
    admin.delete(path)
    assert refusal(admin, "GET", path) == (404, "M_NOT_FOUND")
    assert refusal(admin, "DELETE", path) == (404, "M_NOT_FOUND")


def test_reports_are_chosen_by_who_and_where(admin: Person, alice: Person) -> None:
    room, other = alice.creates_room(), admin.creates_room()
    alice.post(f"/v3/rooms/{room}/report/{alice.sends(room, 'a')}", {"reason": "x"})
    admin.post(f"/v3/rooms/{other}/report/{admin.sends(other, 'b')}", {"reason": "y"})

    def reasons(**query: str) -> list[str]:
        found = admin.get(f"{V1}/event_reports", **query)["event_reports"]
        return [report["reason"] for report in found]

    assert reasons(user_id=alice.user_id) == reasons(room_id=room) == ["x"]
    assert reasons(event_sender_user_id=admin.user_id) == ["y"]


def test_reports_of_users_are_read_and_dropped(admin: Person, alice: Person) -> None:
    alice.post(f"/v3/users/{admin.user_id}/report", {"reason": "loud"})

    (report,) = admin.get(f"{V1}/user_reports")["user_reports"]

    assert (report["target_user_id"], report["user_id"]) == (admin.user_id, alice.user_id)
    assert admin.get(f"{V1}/user_reports/{report['id']}") == report
    admin.delete(f"{V1}/user_reports/{report['id']}")
    assert admin.get(f"{V1}/user_reports") == {"user_reports": [], "total": 0}


def test_a_report_has_a_number(admin: Person) -> None:
    assert refusal(admin, "GET", f"{V1}/event_reports/x") == (400, "M_INVALID_PARAM")
