"""Which events relate to which. Spec: "Forming relationships between events"."""

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter

from attrs import frozen

from homeserver.events.event import Event
from homeserver.json_values import JsonObject
from homeserver.storage import names, thread_roots
from homeserver.storage.cache import Cache
from homeserver.storage.thread_roots import THREAD
from homeserver.storage.transaction import Transaction

MAX_KEY = 512
CACHE_BYTES = 1024 * 1024
GROUPS_BYTES = 2 * 1024 * 1024
FOR_EVER = 2**62

EDIT, REFERENCE = "m.replace", "m.reference"
BUNDLED = (THREAD, EDIT, REFERENCE)
"""Relations of which the server tells with the event that they aim at."""


@frozen
class Relation:
    relates_to: str
    rel_type: str
    key: str | None


@frozen
class Group:
    """A relation, among the newest of its kind by this sender; `total` counts them all."""

    relates_to: str
    rel_type: str
    sender: str
    type: str
    position: int
    total: int


def relation_of(event: Event) -> Relation | None:
    """The relation that an event declares, if it is one that can be kept."""
    return relation_in(event.content)


def relation_in(content: JsonObject) -> Relation | None:
    relates_to = content.get("m.relates_to")
    if not isinstance(relates_to, dict):
        return None
    target, rel_type, key = (relates_to.get(name) for name in ("event_id", "rel_type", "key"))
    if not (isinstance(target, str) and isinstance(rel_type, str)):
        return None
    if len(target) > 255 or len(rel_type) > 255 or "\0" in target + rel_type:
        return None
    if not isinstance(key, str) or len(key) > MAX_KEY or "\0" in key:
        key = None
    return Relation(target, rel_type, key)


def insert(txn: Transaction, position: int, room: int, event: Event, counted: bool) -> None:
    """Keep the event's relation, if it has one."""
    if "m.relates_to" not in event.content or (relation := relation_of(event)) is None:
        return
    txn.insert(
        """
        INSERT INTO relations
            (position, room, relates_to, rel_type, type, sender, aggregation_key, counted)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        position,
        room,
        relation.relates_to,
        relation.rel_type,
        names.intern(txn, event.type),
        names.intern(txn, event.sender),
        relation.key,
        int(counted),
    )
    if relation.rel_type in BUNDLED:
        txn.put(_newest(txn), room, position)
        txn.drop(_groups(txn), (room, relation.relates_to))
    if relation.rel_type == THREAD:
        thread_roots.note(txn, room, relation.relates_to, position)


def delete(txn: Transaction, position: int) -> None:
    """A redacted event relates to nothing."""
    row = txn.one("SELECT room, relates_to, rel_type FROM relations WHERE position = ?", position)
    if row is None:
        return
    room, relates_to, rel_type = row
    txn.insert("DELETE FROM relations WHERE position = ?", position)
    txn.drop(_groups(txn), (room, relates_to))
    if rel_type == THREAD:
        thread_roots.correct(txn, room, relates_to)


def has_annotated(txn: Transaction, room: int, relation: Relation, type: str, sender: str) -> bool:
    """Whether the user has annotated the event in this way before."""
    row = txn.one(
        """
        SELECT 1 FROM relations WHERE relates_to = ? AND rel_type = ? AND aggregation_key = ?
            AND type = ? AND sender = ? AND room = ? LIMIT 1
        """,
        relation.relates_to,
        relation.rel_type,
        relation.key,
        names.find(txn, type) or 0,
        names.find(txn, sender) or 0,
        room,
    )
    return row is not None


def newest_bundled(txn: Transaction, room: int) -> int:
    """A position behind which nothing relates to anything in this room, but for reactions."""
    known: int | None = txn.see(_newest(txn), room)
    return _read_newest(txn, [room])[room] if known is None else known


def load_newest(txn: Transaction, rooms: Iterable[int]) -> None:
    """Take it into memory for many rooms, with one statement."""
    _read_newest(txn, [room for room in rooms if txn.see(_newest(txn), room) is None])


def _read_newest(txn: Transaction, rooms: Collection[int]) -> dict[int, int]:
    found = dict.fromkeys(rooms, 0)
    if rooms:
        kinds = ", ".join(
            "(SELECT MAX(position) FROM relations "
            f"WHERE relations.room = rooms.room AND rel_type = '{kind}')"
            for kind in BUNDLED
        )
        rows = txn.query(
            f"SELECT rooms.room, {kinds} FROM rooms WHERE rooms.room IN ({txn.in_list(rooms)})",
            *rooms,
        )
        found.update((room, max(at or 0 for at in newest)) for room, *newest in rows)
    for room, position in found.items():
        txn.fill(_newest(txn), room, position)
    return found


def groups(
    txn: Transaction, room: int, targets: Sequence[str], kinds: Sequence[str], upto: int
) -> list[Group]:
    """The newest relations to these events, newest first.

    By kind, sender and type: one of a thread, twenty edits, a hundred references. Memory keeps
    those of all kinds and times.
    """
    if upto < FOR_EVER:
        return _read_groups(txn, room, targets, kinds, upto)
    known: dict[str, list[Group] | None] = {
        target: txn.see(_groups(txn), (room, target)) for target in targets
    }
    if missing := [target for target, groups in known.items() if groups is None]:
        read: dict[str, list[Group]] = {target: [] for target in missing}
        for group in _read_groups(txn, room, missing, BUNDLED, upto):
            read[group.relates_to].append(group)
        for target, groups in read.items():
            txn.fill(_groups(txn), (room, target), groups)
        known |= read
    found = [
        group for groups in known.values() for group in groups or () if group.rel_type in kinds
    ]
    found.sort(key=_by_position, reverse=True)
    return found


_by_position = attrgetter("position")


def _read_groups(
    txn: Transaction, room: int, targets: Sequence[str], kinds: Sequence[str], upto: int
) -> list[Group]:
    rows = txn.query(
        f"""
        SELECT relates_to, rel_type, senders.name, types.name, position, total FROM (
            SELECT relates_to, rel_type, sender, type, position,
                COUNT(*) OVER (PARTITION BY relates_to, rel_type, sender, type) AS total,
                ROW_NUMBER() OVER (
                    PARTITION BY relates_to, rel_type, sender, type ORDER BY position DESC
                ) AS age
            FROM relations
            WHERE relates_to IN ({txn.in_list(targets)}) AND rel_type IN ({txn.in_list(kinds)})
                AND room = ? AND position <= ?
        ) AS ranked
        JOIN names AS senders ON senders.id = sender JOIN names AS types ON types.id = type
        WHERE age <= CASE rel_type WHEN 'm.thread' THEN 1 WHEN 'm.replace' THEN 20 ELSE 100 END
        ORDER BY position DESC
        """,
        *targets,
        *kinds,
        room,
        upto,
    )
    return [Group(*row) for row in rows]


def targets(
    txn: Transaction,
    room: int,
    event_ids: Sequence[str],
    kinds: Collection[str] | None,
    senders: Collection[str] | None,
) -> frozenset[str]:
    """Those to which something relates, in one of these ways and by one of these users."""
    # PostgreSQL keeps no NUL, so nothing relates in such a way.
    kinds = None if kinds is None else [kind for kind in kinds if "\0" not in kind]
    if not event_ids or kinds == [] or senders == frozenset():
        return frozenset()
    sql = (
        f"SELECT DISTINCT relates_to FROM relations WHERE relates_to IN ({txn.in_list(event_ids)})"
    )
    parameters: list[object] = list(event_ids)
    if kinds is not None:
        sql += f" AND rel_type IN ({txn.in_list(kinds)})"
        parameters += kinds
    if senders is not None:
        numbers = names.find_many(txn, senders).values() or [0]
        sql += f" AND sender IN ({txn.in_list(numbers)})"
        parameters += numbers
    rows = txn.query(sql + " AND room = ?", *parameters, room)
    return frozenset(target for (target,) in rows)


def _groups(txn: Transaction) -> Cache[tuple[int, str], list[Group]]:
    return txn.memory.cache(
        "relation_groups", GROUPS_BYTES, lambda _, groups: 350 + 350 * len(groups)
    )


def _newest(txn: Transaction) -> Cache[int, int]:
    return txn.memory.cache("newest_relations", CACHE_BYTES, lambda _, __: 200)
