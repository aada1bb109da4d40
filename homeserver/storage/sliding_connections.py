"""What each connection of sliding sync has been sent: compact, and true across restarts.

A connection is a chain of versions, each a row with what changed; the last two are in use. What
nearly every answer changes, the place up to which it tells, is in the client's token, not here.
docs/decisions/ explains why.
"""

from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen
from immutables import Map

from homeserver.events.required_state import RequiredState, StatePart
from homeserver.json_values import JsonObject, JsonValue, decode, encode
from homeserver.storage import names
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

LIVE = 0
CACHE_BYTES = 12 * 1024 * 1024
MAX_ROWS = 24
"""Then the older ones become one."""
MAX_OF_DEVICE = 16
"""Connections of one device; the least used makes room."""
DAY_MS = 86_400_000
KEPT_DAYS = 30
"""A connection that nobody has used for so long is forgotten."""


@frozen(cache_hash=True)
class Sent:
    """How far a client knows a room: up to `place`, or with LIVE up to its token's place.

    `limit` is the most timeline events it was sent, `state` what was asked for then. `as_member` is
    false for a room of which it has only seen the door; `direct` says it is a direct chat.
    """

    place: int
    limit: int
    state: RequiredState
    as_member: bool
    direct: bool


@frozen(eq=False)
class Version:
    """`place` is where its answer ended. `extensions` are those that were enabled."""

    number: int
    place: int
    rooms: Map[str, Sent] = field(factory=Map)
    extensions: frozenset[str] = frozenset()


@frozen
class Change:
    """What an answer changes; None for a room that is forgotten."""

    rooms: Mapping[str, Sent | None]
    extensions: frozenset[str]

    def after(self, version: Version, number: int, place: int) -> Version:
        rooms = version.rooms.mutate()
        for room_id, sent in self.rooms.items():
            if sent is None:
                rooms.pop(room_id, None)
            else:
                rooms[room_id] = sent
        return Version(number, place, rooms.finish(), self.extensions)


@frozen(eq=False)
class Connection:
    """`versions` are the newest one and the one before, which the client may still hold."""

    id: int
    versions: tuple[Version, ...]
    rows: int
    used_ts: int

    def is_due(self, now_ms: int) -> bool:
        """Whether it is time to note that it is used."""
        return now_ms - self.used_ts >= DAY_MS

    def version(self, number: int) -> Version | None:
        return next((version for version in self.versions if version.number == number), None)


def load(txn: Transaction, device: str, conn_id: str) -> Connection | None:
    key = (device, conn_id)
    known: Connection | None = txn.see(_cache(txn), key)
    if known is not None:
        return known
    row = txn.one(
        "SELECT id, used_ts FROM sliding_connections WHERE device = ? AND conn_id = ?", *key
    )
    if row is None:
        return None
    rows = txn.query(
        "SELECT version, place, change FROM sliding_versions WHERE connection = ? ORDER BY version",
        row[0],
    )
    versions = [Version(0, 0)]
    for number, place, change in rows:
        versions.append(_read(txn, change).after(versions[-1], number, place))
    connection = Connection(row[0], tuple(versions[1:][-2:]), len(rows), row[1])
    txn.fill(_cache(txn), key, connection)
    return connection


def begin(
    txn: Transaction, device: str, conn_id: str, change: Change, place: int, now_ms: int
) -> Version:
    """A connection without a past, in place of one of the same name."""
    delete(txn, device, conn_id)
    delete_unused(txn, now_ms - KEPT_DAYS * DAY_MS)
    _make_room(txn, device)
    id = txn.next_position()
    txn.insert(
        "INSERT INTO sliding_connections (id, device, conn_id, used_ts) VALUES (?, ?, ?, ?)",
        id,
        device,
        conn_id,
        now_ms,
    )
    first = change.after(Version(0, 0), txn.next_position(), place)
    _insert(txn, id, first, change)
    _put(txn, device, conn_id, Connection(id, (first,), 1, now_ms))
    return first


def go_on(
    txn: Transaction,
    device: str,
    conn_id: str,
    base: int,
    change: Change,
    place: int,
    now_ms: int,
) -> Version | None:
    """A version that follows the version `base`; None if that is gone by now.

    What followed it before was never received, and is forgotten.
    """
    connection = load(txn, device, conn_id)
    before = connection.version(base) if connection else None
    if connection is None or before is None:
        return None
    rows = connection.rows - txn.execute(
        "DELETE FROM sliding_versions WHERE connection = ? AND version > ?", connection.id, base
    )
    after = change.after(before, txn.next_position(), place)
    if rows >= MAX_ROWS:
        txn.execute("DELETE FROM sliding_versions WHERE connection = ?", connection.id)
        _insert(txn, connection.id, before, Change(before.rooms, before.extensions))
        rows = 1
    _insert(txn, connection.id, after, change)
    followed = Connection(connection.id, (before, after), rows + 1, connection.used_ts)
    _put(txn, device, conn_id, followed)
    _touch(txn, device, conn_id, followed, now_ms)
    return after


def touch(txn: Transaction, device: str, conn_id: str, now_ms: int) -> None:
    """The connection is in use."""
    connection = load(txn, device, conn_id)
    if connection is not None:
        _touch(txn, device, conn_id, connection, now_ms)


def delete(txn: Transaction, device: str, conn_id: str) -> None:
    connection = load(txn, device, conn_id)
    if connection is not None:
        txn.execute("DELETE FROM sliding_versions WHERE connection = ?", connection.id)
        txn.execute("DELETE FROM sliding_connections WHERE id = ?", connection.id)
        txn.drop(_cache(txn), (device, conn_id))


def delete_of_device(txn: Transaction, user_id: str, device_id: str) -> None:
    device = f"{user_id} {device_id}"
    rows = txn.query("SELECT conn_id FROM sliding_connections WHERE device = ?", device)
    for (conn_id,) in rows:
        delete(txn, device, conn_id)


def delete_unused(txn: Transaction, before_ms: int, limit: int = 100) -> None:
    """Forget connections that nobody uses any more: some of them at a time."""
    rows = txn.query(
        "SELECT device, conn_id FROM sliding_connections WHERE used_ts < ? LIMIT ?",
        before_ms,
        limit,
    )
    for device, conn_id in rows:
        delete(txn, device, conn_id)


def _touch(
    txn: Transaction, device: str, conn_id: str, connection: Connection, now_ms: int
) -> None:
    if not connection.is_due(now_ms):
        return
    txn.execute("UPDATE sliding_connections SET used_ts = ? WHERE id = ?", now_ms, connection.id)
    _put(txn, device, conn_id, evolve(connection, used_ts=now_ms))


def _make_room(txn: Transaction, device: str) -> None:
    rows = txn.query(
        "SELECT conn_id FROM sliding_connections WHERE device = ? ORDER BY used_ts DESC, id DESC",
        device,
    )
    for (conn_id,) in rows[MAX_OF_DEVICE - 1 :]:
        delete(txn, device, conn_id)


def _insert(txn: Transaction, id: int, version: Version, change: Change) -> None:
    txn.execute(
        "INSERT INTO sliding_versions (connection, version, place, change) VALUES (?, ?, ?, ?)",
        id,
        version.number,
        version.place,
        _written(txn, change),
    )


def _written(txn: Transaction, change: Change) -> str:
    """As JSON: rooms with the same standing together, by their numbers."""
    groups: dict[Sent | None, list[int]] = {}
    for room_id, sent in change.rooms.items():
        groups.setdefault(sent, []).append(names.intern(txn, room_id))
    states: dict[RequiredState, int] = {}
    for sent in groups:
        if sent is not None:
            states.setdefault(sent.state, len(states))
    body: JsonObject = {
        "states": [[part.as_json() for part in state.parts] for state in states],
        "rooms": [[_sent_json(sent, states), sorted(rooms)] for sent, rooms in groups.items()],
        "extensions": sorted(change.extensions),
    }
    return encode(body).decode()


def _sent_json(sent: Sent | None, states: Mapping[RequiredState, int]) -> JsonValue:
    if sent is None:
        return None
    return [sent.place, sent.limit, states[sent.state], sent.as_member, sent.direct]


def _read(txn: Transaction, text: str) -> Change:
    body = decode(text)
    states = [_state(parts) for parts in body["states"]]
    named = names.names_of(txn, (room for _, rooms in body["rooms"] for room in rooms))
    found: dict[str, Sent | None] = {}
    for row, rooms in body["rooms"]:
        sent = row and Sent(row[0], row[1], states[row[2]], row[3], row[4])
        for room in rooms:
            found[named[room]] = sent
    return Change(found, frozenset(body["extensions"]))


def _state(parts: Iterable[JsonValue]) -> RequiredState:
    return RequiredState(frozenset(map(StatePart.from_json, parts)))


def _put(txn: Transaction, device: str, conn_id: str, connection: Connection) -> None:
    txn.put(_cache(txn), (device, conn_id), connection)


def _cache(txn: Transaction) -> Cache[tuple[str, str], Connection]:
    return txn.memory.cache(
        "sliding_connections",
        CACHE_BYTES,
        lambda _, it: 1000 + sum(80 * len(version.rooms) for version in it.versions),
    )
