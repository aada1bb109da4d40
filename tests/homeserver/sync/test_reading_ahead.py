"""Rooms that are told of together are read together, and told as if each were read alone."""

from collections.abc import Callable
from typing import Any

import pytest

from homeserver.rooms.receipts import Receipts
from homeserver.storage.transaction import Row, Transaction
from homeserver.sync import reading_ahead
from homeserver.sync.badges import Badges
from homeserver.sync.moves import Moves
from homeserver.sync.unread import Unread
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Server

Start = Callable[..., Server]

NAMES = ("alice", "bob", "carol")
SLIDING = "/unstable/org.matrix.simplified_msc3575/sync"
SCREEN = {
    "timeline_limit": 5,
    "ranges": [[0, 99]],
    "required_state": [["m.room.name", ""], ["m.room.member", "$LAZY"]],
}


def restarted(start_server: Start, people: list[Person]) -> list[Person]:
    """Memory is empty; the people go on with the sessions that they have."""
    server = start_server()
    return [Person(server, who.name, who.token, who.device_id) for who in people]


def lived_in(people: list[Person], number: int) -> str:
    """A room with threads, mentions, a redaction and receipts; Carol has been invited to it."""
    alice, bob, carol = people
    room = alice.creates_room(preset="public_chat", name=f"Room {number}")
    bob.joins(room)
    alice.invites(room, carol)
    carol.joins(room)
    mention: JsonObject = {"m.mentions": {"user_ids": [carol.user_id]}}
    first = alice.sends(room, "first", **mention)
    carol.sends(room, "read up to here")
    thread: JsonObject = {"m.relates_to": {"rel_type": "m.thread", "event_id": first}}
    bob.sends(room, "aside", **thread)
    carol.post(f"/v3/rooms/{room}/receipt/m.read/{first}")
    alice.redacts(room, bob.sends(room, "gone"))
    for n in range(number):
        bob.sends(room, f"news {n}", **mention)
    return room


def screen(person: Person) -> JsonObject:
    rooms: JsonObject = person.post(SLIDING, {"lists": {"all": SCREEN}})["rooms"]
    return rooms


def without_ages(value: Any) -> Any:
    """Events grow older between two looks."""
    if isinstance(value, dict):
        return {key: without_ages(it) for key, it in value.items() if key != "age"}
    return [without_ages(it) for it in value] if isinstance(value, list) else value


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the database."""
    asked: list[str] = []
    query = Transaction.query

    def counted(txn: Transaction, sql: str, *parameters: object) -> list[Row]:
        asked.append(sql)
        return query(txn, sql, *parameters)

    monkeypatch.setattr(Transaction, "query", counted)
    return asked


def first_sync(person: Person) -> JsonObject:
    rooms: JsonObject = person.syncs(since="").body["rooms"]["join"]
    return rooms


@pytest.mark.parametrize("look", [first_sync, screen])
@pytest.mark.parametrize("is_cold", [False, True])
def test_more_rooms_take_no_more_statements(
    start_server: Start,
    statements: list[str],
    look: Callable[[Person], JsonObject],
    is_cold: bool,
) -> None:
    server = start_server()
    people = alice, bob, carol = server.people(*NAMES)
    sizes = {bob.name: 3, carol.name: 9}
    for reader in (bob, carol):
        for number in range(sizes[reader.name]):
            room = alice.creates_room(preset="public_chat", name=f"Room {number}")
            reader.joins(room)
            alice.sends(room, "hello")
    counts = []
    for who in (1, 2):
        reader = restarted(start_server, people)[who] if is_cold else people[who]
        statements.clear()
        assert len(look(reader)) == sizes[reader.name]
        # Who wants to be forgotten is read once for everybody.
        counts.append(sum("erased_users" not in sql for sql in statements))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("look", [first_sync, screen])
def test_rooms_are_told_as_if_each_were_read_alone(
    start_server: Start,
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Person], JsonObject],
) -> None:
    people = start_server().people(*NAMES)
    rooms = [lived_in(people, number) for number in (0, 1, 7, 20)]
    *_, carol = restarted(start_server, people)
    together = look(carol)
    *_, carol = restarted(start_server, people)
    monkeypatch.setattr(reading_ahead, "MOST_EVENTS", 0)

    alone = look(carol)

    assert sorted(together) == sorted(rooms)
    assert without_ages(together) == without_ages(alone)


def test_counts_of_many_rooms_are_each_room_s_own(start_server: Start) -> None:
    people = start_server().people(*NAMES)
    rooms = {lived_in(people, number): number for number in (0, 1, 7)}
    *_, carol = restarted(start_server, people)

    for room, entry in first_sync(carol).items():
        # The reply in the thread counts, too; what was redacted does not.
        assert entry["unread_notifications"] == {
            "notification_count": 1 + rooms[room],
            "highlight_count": rooms[room],
        }


def badge_after_restart(start_server: Start, user_id: str) -> int:
    ground = start_server().app.ground
    moves = Moves(ground.db.position, ground.notifier)
    badges = Badges(Unread(Receipts(ground.db, ground.world.clock), moves), moves)
    return outcome(ground.db.read(badges.of, user_id, 0)).unread


def test_a_badge_counts_all_rooms_together(start_server: Start, statements: list[str]) -> None:
    people = start_server().people(*NAMES)
    carol = people[-1].user_id
    for number in (0, 1, 7):
        lived_in(people, number)
    assert badge_after_restart(start_server, carol) == 3 + 0 + 1 + 7

    counts = []
    for quiet in (2, 6):
        people = restarted(start_server, people)
        for _ in range(quiet):
            people[-1].creates_room()
        statements.clear()
        assert badge_after_restart(start_server, carol) == 3 + 0 + 1 + 7
        counts.append(len(statements))

    assert counts[0] == counts[1]
