"""After an erasure, nothing is left of somebody but what is listed, with the reason."""

from typing import Any

from homeserver.storage.transaction import Transaction
from tests.homeserver.admin_api.conftest import admin
from tests.homeserver.media.clients import uploads
from tests.homeserver.rooms.test_joining import refusal
from tests.homeserver.storage.test_holdings import columns
from tests.homeserver.users.test_exports import lives
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Server

__all__ = ["admin"]

DEACTIVATE = "/_synapse/admin/v1/deactivate/@alice:test"
ERASURE = "/_isthmus/admin/v1/users/@alice:test/erasure"
PLACE = "203.0.113.7"
SAID = "alice-was-here"


def rows(txn: Transaction, dialect: str) -> dict[str, list[Any]]:
    return {
        table: txn.query(f"SELECT {', '.join(sorted(names))} FROM {table}")
        for table, names in columns(txn, dialect).items()
    }


def traces(server: Server, *words: str) -> set[str]:
    """The tables in which one of these words stands, but in rows about the administrator."""
    database = server.app.database
    found = outcome(database.read(rows, database.dialect.name))
    texts = {
        table: " ".join(filter(is_of_others, map(text_of, lines))) for table, lines in found.items()
    }
    return {table for table, text in texts.items() if any(word in text for word in words)}


def is_of_others(row: str) -> bool:
    return "@admin:test" not in row


def text_of(row: tuple[Any, ...]) -> str:
    return " ".join(bytes(it).hex() if isinstance(it, memoryview) else str(it) for it in row)


def settles_in(server: Server) -> tuple[Person, str]:
    alice, room, _ = lives(server)
    user = alice.user_id
    alice.put(f"/v3/profile/{user}/displayname", {"displayname": SAID})
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": SAID})
    alice.put(f"/v3/user/{user}/account_data/org.example", {"word": SAID})
    alice.put(f"/v3/user/{user}/rooms/{room}/account_data/org.example", {"word": SAID})
    alice.post(f"/v3/user/{user}/filter", {"event_fields": [SAID]})
    alice.put(f"/v3/presence/{user}/status", {"presence": "online", "status_msg": SAID})
    alice.post(f"/v3/rooms/{room}/report", {"reason": SAID})
    uploads(alice, b"mine", file_name=SAID)
    outcome(server.app.accounts.devices.last_seen.write())
    return alice, room


def test_no_trace_is_left_but_what_is_listed(server: Server, admin: Person) -> None:
    settles_in(server)
    assert {"profiles", "devices", "account_data", "media"} <= traces(server, SAID)
    assert "devices" in traces(server, PLACE)
    admin.syncs()
    before = traces(server, "@alice:test")

    admin.post(DEACTIVATE, {"erase": True})

    told = admin.get(ERASURE)
    removed, kept = told["removed"], {it["what"]: it for it in told["kept"]}
    assert removed["devices"] == 1 and removed["media"] == 2 and removed["receipts"] == 1
    assert removed["account_data"] >= 2 and removed["device_keys"] == 1
    assert traces(server, SAID) <= {"events"}, "the name stands in the history of rooms"
    assert traces(server, PLACE) == set()
    rest = traces(server, "@alice:test")
    assert "profiles" in before
    assert rest - {"profiles", "erased_users"} <= {*kept, "names", "search_index"}
    assert all(it["why"] and it["count"] for it in kept.values())
    assert kept["events"]["reason"] == kept["memberships"]["reason"] == "history"
    assert "media" not in kept, "the files are gone already"


def test_where_an_erased_administrator_was_is_forgotten(server: Server, admin: Person) -> None:
    alice = server.person("alice")
    admin.put(f"/_synapse/admin/v1/users/{alice.user_id}/admin", {"admin": True})
    alice.post("/_synapse/admin/v1/users/@admin:test/shadow_ban")
    alice.delete("/_synapse/admin/v1/users/@admin:test/shadow_ban")

    admin.post(DEACTIVATE, {"erase": True})

    done = admin.get("/_isthmus/admin/v1/actions")["actions"]
    assert {it["ip"] for it in done if it["admin"] == alice.user_id} == {""}
    assert {it["ip"] for it in done if it["admin"] == admin.user_id} == {PLACE}


def body(person: Person, room: str, event_id: str) -> JsonObject:
    content: JsonObject = person.get(f"/v3/rooms/{room}/event/{event_id}")["content"]
    return content


def test_who_joins_later_gets_it_redacted(server: Server, admin: Person) -> None:
    alice, early, late = server.people("alice", "early", "late")
    room = alice.creates_room(preset="public_chat")
    early.joins(room)
    said, topic = alice.sends(room, "my words"), alice.sets(room, "m.room.topic", {"topic": "Tea"})
    other = early.sends(room, "other words")

    admin.post(DEACTIVATE, {"erase": True})
    late.joins(room)

    assert body(early, room, said)["body"] == "my words"
    assert body(late, room, said) == {}
    assert body(late, room, other)["body"] == "other words"
    assert body(late, room, topic) == {"topic": "Tea"}, "state belongs to the room"
    page = late.get(f"/v3/rooms/{room}/messages", dir="b", limit=50)["chunk"]
    assert "my words" not in str(page) and "other words" in str(page)
    assert "my words" not in str(late.syncs(full_state=True).body)
    assert "my words" not in str(found(late, "words"))
    assert "my words" in str(found(early, "words"))


def found(person: Person, term: str) -> JsonObject:
    categories = {"room_events": {"search_term": term, "keys": ["content.body"]}}
    return person.post("/v3/search", {"search_categories": categories})


def test_who_comes_back_is_shown_again(server: Server, admin: Person) -> None:
    alice, late = server.people("alice", "late")
    room = alice.creates_room(preset="public_chat")
    said = alice.sends(room, "my words")
    admin.post(DEACTIVATE, {"erase": True})
    late.joins(room)
    assert body(late, room, said) == {}

    again = {"deactivated": False, "password": "another password"}
    admin.put("/_synapse/admin/v2/users/@alice:test", again)

    assert body(late, room, said)["body"] == "my words"
    assert refusal(admin, "GET", ERASURE) == (404, "M_NOT_FOUND")
