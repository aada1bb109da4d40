"""How a user has marked rooms: with tags, and as direct chats. Lists ask often: kept in memory."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from homeserver.json_values import decode
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

DIRECT, TAGS = "m.direct", "m.tag"
OF_INVITES = (
    "m.ignored_user_list",
    "m.invite_permission_config",
    "org.matrix.msc4380.invite_permission_config",
    "org.matrix.msc4155.invite_permission_config",
)
"""No marks, but they say which invites are in lists: what hangs on marks is made anew."""
CACHE_BYTES = 4 * 1024 * 1024
NO_TAGS: frozenset[str] = frozenset()


@frozen(eq=False)
class Marks:
    """Direct rooms, and the tags of rooms that have some. A change makes new marks."""

    direct: frozenset[str]
    tags: Mapping[str, frozenset[str]]

    def tags_of(self, room_id: str) -> frozenset[str]:
        return self.tags.get(room_id, NO_TAGS)


def of_user(txn: Transaction, user_id: str) -> Marks:
    known: Marks | None = txn.see(_cache(txn), user_id)
    if known is not None:
        return known
    rows = txn.query(
        """
        SELECT room_id, type, content FROM account_data
        WHERE user_id = ? AND type IN (?, ?) AND deleted = 0
        """,
        user_id,
        DIRECT,
        TAGS,
    )
    direct: frozenset[str] = frozenset()
    tags: dict[str, frozenset[str]] = {}
    for room_id, type, content in rows:
        if type == DIRECT and not room_id:
            direct = _rooms_in(decode(content))
        elif type == TAGS and room_id:
            tags[room_id] = _tags_in(decode(content))
    marks = Marks(direct, tags)
    txn.fill(_cache(txn), user_id, marks)
    return marks


def changed(txn: Transaction, user_id: str, type: str) -> None:
    """Account data of this type was set or deleted."""
    if type in (DIRECT, TAGS, *OF_INVITES):
        txn.drop(_cache(txn), user_id)


def _rooms_in(content: Any) -> frozenset[str]:
    lists = content.values() if isinstance(content, dict) else ()
    return frozenset(
        room_id
        for rooms in lists
        if isinstance(rooms, list)
        for room_id in rooms
        if isinstance(room_id, str)
    )


def _tags_in(content: Any) -> frozenset[str]:
    tags = content.get("tags") if isinstance(content, dict) else None
    return frozenset(tags) if isinstance(tags, dict) else NO_TAGS


def forget_user(txn: Transaction, user_id: str) -> None:
    txn.drop(_cache(txn), user_id)


def _cache(txn: Transaction) -> Cache[str, Marks]:
    return txn.memory.cache(
        "room_marks",
        CACHE_BYTES,
        lambda _, marks: 600 + 120 * len(marks.direct) + 400 * len(marks.tags),
    )
