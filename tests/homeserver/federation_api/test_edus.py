"""What other servers may tell in EDUs, and what is passed over."""

from homeserver.storage import presence
from tests.linked_servers import LinkedServer
from tests.outcomes import outcome
from tests.people import Person


def state_of(server: LinkedServer, user_id: str) -> str:
    return outcome(server.database.read(presence.find, user_id)).state


def test_presence_of_who_shares_no_room_with_anybody_here_is_not_kept(
    pair: list[LinkedServer],
) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")

    push = [
        {"user_id": user_id, "presence": "online", "last_active_ago": 10}
        for user_id in ("@nobody:b", bob.user_id)
    ]
    b.sends_edu("a", "m.presence", {"push": push})

    assert state_of(a, bob.user_id) == "online"
    assert state_of(a, "@nobody:b") == "offline"


def test_typing_of_who_is_not_in_the_room_is_passed_over(pair: list[LinkedServer]) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    alice.syncs()

    for user_id in ("@stranger:b", alice.user_id):
        content = {"user_id": user_id, "room_id": room, "typing": True}
        b.sends_edu("a", "m.typing", content)

    assert not _typing(alice, room)


def test_one_bad_receipt_does_not_spoil_the_others(pair: list[LinkedServer]) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    private = alice.creates_room()
    bob.post(f"/v3/join/{room}?via=a")
    event, hidden = alice.sends(room, "read this"), alice.sends(private, "not this")
    alice.syncs()

    def read(event_id: str) -> dict[str, object]:
        return {"event_ids": [event_id], "data": {"ts": 1}}

    content = {
        private: {"m.read": {bob.user_id: read(hidden)}},
        "!nowhere:a": {"m.read": {bob.user_id: read(hidden)}},
        room: {
            "m.read": {
                alice.user_id: read(event),
                "@stranger:b": read(event),
                bob.user_id: read(event),
            }
        },
    }
    b.sends_edu("a", "m.receipt", content)

    synced = alice.syncs()
    (receipt,) = synced.room(room)["ephemeral"]["events"]
    assert list(receipt["content"][event]["m.read"]) == [bob.user_id]
    assert not synced.room(private)


def _typing(person: Person, room: str) -> list[str]:
    events = person.syncs().room(room).get("ephemeral", {}).get("events", [])
    return [u for e in events if e["type"] == "m.typing" for u in e["content"]["user_ids"]]
