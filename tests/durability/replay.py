"""Reads the database of a dead server: the head of each room must be what its events make it."""

from collections.abc import Mapping
from pathlib import Path

from homeserver.events.event import Event
from homeserver.notifier import Notifier
from homeserver.storage import events, heads, names, state_trees
from homeserver.storage.database import Database
from homeserver.storage.dialects.dialect import Dialect
from homeserver.storage.dialects.postgresql import PostgresqlDialect
from homeserver.storage.dialects.sqlite import SqliteDialect
from homeserver.storage.memory import Memory
from homeserver.storage.threads import InlineThreads
from homeserver.storage.transaction import Transaction
from tests.outcomes import outcome

PAGE = 1000


class Replay:
    """Follows rooms from one death to the next; each event is read once."""

    def __init__(self, database: Mapping[str, str]) -> None:
        self._settings = database
        self._state: dict[str, dict[tuple[str, str], int]] = {}
        self._newest: dict[str, tuple[int, Event]] = {}

    def check(self, rooms: list[str], newest_token: int) -> None:
        database = Database(self._dialect(), InlineThreads(), Notifier(), Memory())
        try:
            assert database.position >= newest_token, "places would be given twice"
            for room in rooms:
                outcome(database.read(self._check_room, room))
        finally:
            database.close()

    def _dialect(self) -> Dialect:
        if self._settings["engine"] == "sqlite":
            return SqliteDialect(Path(self._settings["path"]))
        return PostgresqlDialect(self._settings["dsn"])

    def _check_room(self, txn: Transaction, room_id: str) -> None:
        head = heads.load(txn, room_id)
        assert head is not None
        self._follow(txn, room_id, head.room)
        place, newest = self._newest[room_id]
        state = self._state[room_id]
        assert (head.newest, head.depth) == (place, newest.depth)
        assert tuple(head.extremities) == (newest.event_id,)
        assert dict(head.state) == state
        numbers = {
            (names.find(txn, type), names.find(txn, state_key)): position
            for (type, state_key), position in state.items()
        }
        assert dict(state_trees.items(txn, head.root)) == numbers
        assert dict(head.members) == self._members(txn, state)

    def _follow(self, txn: Transaction, room_id: str, room: int) -> None:
        """Each event must follow the one before it, from the state that was then."""
        state = self._state.setdefault(room_id, {})
        place, before = self._newest.get(room_id, (0, None))
        while page := events.after(txn, room, place, PAGE):
            for stored in page:
                event = stored.event
                assert event.prev_events == ((before.event_id,) if before else ())
                assert event.depth == (before.depth + 1 if before else 1)
                if event.is_state:
                    state[event.state_pair] = stored.position
                place, before = stored.place or 0, event
            assert before is not None
            self._newest[room_id] = place, before

    def _members(self, txn: Transaction, state: dict[tuple[str, str], int]) -> dict[str, str]:
        found = {
            state_key: events.at(txn, position).event.membership or ""
            for (type, state_key), position in state.items()
            if type == "m.room.member"
        }
        return {user: kind for user, kind in found.items() if kind in ("join", "invite", "knock")}
