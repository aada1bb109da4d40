"""Which events relate to which. Spec: "Forming relationships between events"."""

from attrs import frozen

from homeserver.events.event import Event
from homeserver.storage import names
from homeserver.storage.transaction import Transaction

MAX_KEY = 512


@frozen
class Relation:
    relates_to: str
    rel_type: str
    key: str | None


def relation_of(event: Event) -> Relation | None:
    """The relation that an event declares, if it is one that can be kept."""
    relates_to = event.content.get("m.relates_to")
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
        INSERT INTO relations (position, room, relates_to, rel_type, type, sender, aggregation_key, counted)
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


def delete(txn: Transaction, position: int) -> None:
    """A redacted event relates to nothing."""
    txn.insert("DELETE FROM relations WHERE position = ?", position)
