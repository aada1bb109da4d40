"""What the server does behind the scenes, as consoles list it."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person

V1 = "/_synapse/admin/v1"


def test_work_is_listed_and_found(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    last = alice.sends(room, "x")
    purge_id = admin.post(f"{V1}/purge_history/{room}/{last}", {})["purge_id"]
    admin.post(f"{V1}/user/{alice.user_id}/redact", {"rooms": [room]})
    path = f"{V1}/scheduled_tasks"

    (task,) = admin.get(path, resource_id=room)["scheduled_tasks"]

    assert (task["id"], task["action"], task["status"]) == (purge_id, "history_purge", "complete")
    assert task["result"]["deleted"] == 0
    assert len(admin.get(path)["scheduled_tasks"]) == 2
    (task,) = admin.get(path, action_name="redaction_of_user")["scheduled_tasks"]
    assert task["resource_id"] == alice.user_id
    assert admin.get(path, job_status="failed") == {"scheduled_tasks": []}
    assert admin.get(path, max_timestamp=1) == {"scheduled_tasks": []}


def test_the_database_is_up_to_date(admin: Person) -> None:
    updates = f"{V1}/background_updates"

    assert admin.get(f"{updates}/status") == {"enabled": True, "current_updates": {}}
    assert admin.get(f"{updates}/enabled") == {"enabled": True}
    assert admin.post(f"{updates}/enabled", {"enabled": True}) == {"enabled": True}
    off = {"enabled": False}
    assert refusal(admin, "POST", f"{updates}/enabled", off) == (400, "M_INVALID_PARAM")
    job = {"job_name": "populate"}
    assert refusal(admin, "POST", f"{updates}/start_job", job) == (400, "M_INVALID_PARAM")
