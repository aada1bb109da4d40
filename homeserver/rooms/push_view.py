"""What push rules ask about a room and its members, as they are now."""

from homeserver.events.event import Event
from homeserver.events.push_rules.facts import RoomView
from homeserver.rooms.state_view import StateView
from homeserver.storage import thread_subscriptions
from homeserver.storage.heads import Head
from homeserver.storage.relations import relation_of
from homeserver.storage.thread_roots import THREAD
from homeserver.storage.transaction import Transaction


def room_view(txn: Transaction, head: Head, event: Event) -> RoomView:
    levels = StateView(txn, head).power_levels()
    return RoomView(
        len(head.members),
        levels.user(event.sender),
        {"room": levels.notifications()},
        followers(txn, head, event),
    )


def followers(txn: Transaction, head: Head, event: Event) -> frozenset[str] | None:
    """Of the event's thread; None for an event in no thread."""
    root = thread_root(event)
    return None if root is None else thread_subscriptions.subscribers(txn, head.room, root)


def thread_root(event: Event) -> str | None:
    """Of the thread that the event says it is in."""
    relation = relation_of(event) if "m.relates_to" in event.content else None
    return relation.relates_to if relation and relation.rel_type == THREAD else None


def display_name(txn: Transaction, head: Head, user_id: str) -> str | None:
    """The user's name in this room."""
    member = head.event(txn, "m.room.member", user_id)
    name = member.event.content.get("displayname") if member else None
    return name if isinstance(name, str) else None
