"""Reads what a pusher is to be told next, and what of its queue nobody needs any more."""

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from homeserver.delivery.push import naming
from homeserver.delivery.push.notification import Counts, Notification, shows_badge
from homeserver.events.event import Event
from homeserver.json_values import JsonObject
from homeserver.storage import (
    events,
    heads,
    memberships,
    names,
    push_queue,
    pushers,
    room_previews,
)
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.push_queue import Waiting
from homeserver.storage.pushers import Pusher
from homeserver.storage.transaction import Transaction

LOOKED_AT = 20
"""Waiting notifications, in one turn."""
MEMBER = "m.room.member"


class Reads(Protocol):
    """What sync/ knows of what people have read."""

    def counts(self, txn: Transaction, user_id: str, now_ms: int) -> Counts:
        """In all rooms together."""

    def is_read(self, txn: Transaction, head: Head, user_id: str, stored: Stored) -> bool:
        """By somebody who is in the room."""


@frozen
class Due:
    """What a pusher is told next: of an event, or (without one) only how much is unread.

    `queued` is the event's place in the queue; `stale` are those that need not be told any more.
    """

    pusher: Pusher
    notification: Notification | None = None
    counts: Counts | None = None
    queued: int = 0
    stale: tuple[int, ...] = ()
    expired: int = 0
    has_more: bool = False

    @property
    def is_nothing(self) -> bool:
        return self.counts is None


@frozen(eq=False)
class Preparing:
    _reads: Reads
    _now_ms: Callable[[], int]
    _give_up_after_ms: int

    def next(self, txn: Transaction, id: int) -> Due | None:
        """None for a pusher that is gone."""
        pusher = pushers.find(txn, id)
        if pusher is None:
            return None
        waiting = push_queue.first(txn, id, LOOKED_AT)
        stale: list[int] = []
        expired = 0
        for index, row in enumerate(waiting):
            is_old = row.since_ts < self._now_ms() - self._give_up_after_ms
            notification = None if is_old else self.notification(txn, pusher, row)
            if notification is not None:
                return Due(
                    pusher,
                    notification,
                    self._counts(txn, pusher),
                    row.position,
                    tuple(stale),
                    expired,
                    has_more=index + 1 < len(waiting),
                )
            expired += is_old
            stale.append(row.position)
        if len(waiting) == LOOKED_AT:
            return Due(pusher, stale=tuple(stale), expired=expired, has_more=True)
        counts = self._lower_counts(txn, pusher)
        return Due(pusher, counts=counts, stale=tuple(stale), expired=expired)

    def _counts(self, txn: Transaction, pusher: Pusher) -> Counts:
        if not shows_badge(pusher.data):
            return Counts(0, 0)
        return self._reads.counts(txn, pusher.user_id, self._now_ms())

    def _lower_counts(self, txn: Transaction, pusher: Pusher) -> Counts | None:
        """If the user has read something since the pusher was last told how much is unread."""
        if not (pusher.badge and pusher.is_enabled and shows_badge(pusher.data)):
            return None
        counts = self._counts(txn, pusher)
        return counts if counts.unread < pusher.badge else None

    def notification(self, txn: Transaction, pusher: Pusher, row: Waiting) -> Notification | None:
        """None for what has been read or redacted, or is no longer the user's business."""
        stored = _still_there(txn, row.event)
        if stored is None or not (pusher.is_enabled and pusher.is_activated):
            return None
        room_id, user_id = stored.event.room_id, pusher.user_id
        head = heads.load(txn, room_id)
        own = memberships.of_user(txn, user_id).get(room_id)
        membership = own.membership if own else "leave"
        if own and membership == "invite" and own.position == stored.position:
            return self._invite(txn, stored.event, head, user_id, row.tweaks)
        is_here = head is not None and membership == "join"
        if head is None or not is_here or self._reads.is_read(txn, head, user_id, stored):
            return None
        return _of_event(txn, stored.event, head, user_id, row.tweaks)

    def _invite(
        self, txn: Transaction, event: Event, head: Head | None, user_id: str, tweaks: JsonObject
    ) -> Notification:
        if head is not None and head.members.get(user_id) == "invite":
            return _of_event(txn, event, head, user_id, tweaks)
        name = _previewed(txn, event, user_id, "m.room.name", "name")
        alias = _previewed(txn, event, user_id, "m.room.canonical_alias", "alias")
        title = name or alias or event.sender
        return Notification(event, tweaks, event.sender, name, alias, title, True)


def _still_there(txn: Transaction, position: int) -> Stored | None:
    """The event, unless it was redacted or purged meanwhile."""
    try:
        stored = events.at(txn, position)
    except KeyError:
        return None
    return stored if stored.redaction is None else None


def _of_event(
    txn: Transaction, event: Event, head: Head, user_id: str, tweaks: JsonObject
) -> Notification:
    return Notification(
        event,
        tweaks,
        naming.display_name(txn, head, event.sender),
        naming.room_name(txn, head),
        naming.room_alias(txn, head),
        naming.room_title(txn, head, user_id),
        event.type == MEMBER and event.state_key == user_id,
    )


def _previewed(txn: Transaction, event: Event, user_id: str, type: str, key: str) -> str | None:
    """What the inviting server told of the room."""
    for state in room_previews.find(txn, user_id, names.find(txn, event.room_id) or 0):
        if isinstance(state, dict) and state.get("type") == type:
            content = state.get("content")
            value = content.get(key) if isinstance(content, dict) else None
            return value[: naming.MAX_LENGTH] if isinstance(value, str) and value else None
    return None
