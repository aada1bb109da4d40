"""Events that relate to one event, directly or through others, by place."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.storage import names
from homeserver.storage.transaction import Transaction

MAX_DEPTH = 3
"""How far relations of relations are followed."""
MAX_RECURSED = 2000
"""Relations that one recursion brings together at most."""


@frozen
class Span:
    """A part of a timeline, read from one of its ends: places behind `after`, up to `upto`."""

    after: int
    upto: int
    backwards: bool
    limit: int


def children(
    txn: Transaction, room: int, target: str, rel_type: str | None, type: str | None, span: Span
) -> list[int]:
    """Positions of the events that relate to an event, in the order of their places."""
    sql, parameters = _chosen(txn, rel_type, type, span)
    rows = txn.query(
        f"""
        SELECT relations.position FROM relations JOIN events ON events.position = relations.position
        WHERE relations.relates_to = ? AND relations.room = ? {sql}
        """,
        target,
        room,
        *parameters,
    )
    return [position for (position,) in rows]


def descendants(
    txn: Transaction, room: int, target: str, rel_type: str | None, type: str | None, span: Span
) -> list[int]:
    """As `children`, with the events that relate to those, to a depth of `MAX_DEPTH`."""
    level, found = [target], dict[int, None]()
    for _ in range(MAX_DEPTH):
        rows = _related(txn, room, level)
        found.update((position, None) for position, _ in rows)
        level = [event_id for _, event_id in rows]
        if not level or len(found) >= MAX_RECURSED:
            break
    positions = list(found)[:MAX_RECURSED]
    if not positions:
        return []
    sql, parameters = _chosen(txn, rel_type, type, span)
    chosen = txn.query(
        f"""
        SELECT relations.position FROM relations JOIN events ON events.position = relations.position
        WHERE relations.position IN ({txn.in_list(positions)}) {sql}
        """,
        *positions,
        *parameters,
    )
    return [position for (position,) in chosen]


def _related(txn: Transaction, room: int, targets: Sequence[str]) -> list[tuple[int, str]]:
    """(position, event id), newest first."""
    rows = txn.query(
        f"""
        SELECT relations.position, events.event_id
        FROM relations JOIN events ON events.position = relations.position
        WHERE relations.relates_to IN ({txn.in_list(targets)}) AND relations.room = ?
        ORDER BY relations.position DESC LIMIT {MAX_RECURSED}
        """,
        *targets,
        room,
    )
    return [(position, event_id) for position, event_id in rows]


def _chosen(
    txn: Transaction, rel_type: str | None, type: str | None, span: Span
) -> tuple[str, list[object]]:
    """The end of a query, and its parameters."""
    sql = "AND events.place > ? AND events.place <= ?"
    parameters: list[object] = [span.after, span.upto]
    if rel_type is not None:
        sql += " AND relations.rel_type = ?"
        parameters.append(rel_type)
    if type is not None:
        sql += " AND relations.type = ?"
        parameters.append(names.find(txn, type) or 0)
    direction = "DESC" if span.backwards else "ASC"
    return f"{sql} ORDER BY events.place {direction} LIMIT ?", [*parameters, span.limit]
