"""Which events of a room another server may see. Spec: "Room History Visibility" for servers."""

from collections.abc import Iterable, Sequence

from homeserver.events.applying_redactions import redacted
from homeserver.events.event import Event
from homeserver.events.ids import domain_of
from homeserver.events.visibility import HistoryVisibility, Moment, ServerView, Shown, show
from homeserver.rooms.current_state import MEMBER
from homeserver.rooms.history import visibility_before
from homeserver.rooms.shown import as_seen
from homeserver.rooms.state_view import position_in
from homeserver.storage import events
from homeserver.storage.erasure import erased_at
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

OPEN = (HistoryVisibility.WORLD_READABLE, HistoryVisibility.SHARED)


def seen_by(txn: Transaction, head: Head, server: str, found: Sequence[Stored]) -> list[Event]:
    """The events as the server may see them: those that it may not see are redacted.

    They are still needed to walk from event to event. The server has users in the room.
    """
    users: list[str] | None = None
    seen: list[Event] = []
    erased = erased_at(txn)
    for stored in found:
        setting = visibility_before(txn, stored)
        if setting in OPEN and (stored.event.sender not in erased or stored.event.is_state):
            seen.append(as_seen(stored))
            continue
        if users is None:
            users = list(_users_of(head, server))
        seen.append(_look(txn, head, server, stored, setting, users))
    return seen


def _look(
    txn: Transaction,
    head: Head,
    server: str,
    stored: Stored,
    setting: HistoryVisibility,
    users: Iterable[str],
) -> Event:
    before = Moment(setting, set(_memberships_before(txn, stored, users)))
    view = ServerView(server, ())
    forgotten = erased_at(txn).get(stored.event.sender)
    if show(view, stored.event, stored.order, before, forgotten) is Shown.WHOLE:
        return as_seen(stored)
    return redacted_copy(stored)


def redacted_copy(stored: Stored) -> Event:
    return as_seen(stored) if stored.event.is_state else redacted(stored.event)


def _users_of(head: Head, server: str) -> Iterable[str]:
    """All of the server's users who have ever been named in the room's state."""
    return (user for type, user in head.state if type == MEMBER and domain_of(user) == server)


def _memberships_before(txn: Transaction, stored: Stored, users: Iterable[str]) -> Iterable[str]:
    for user in users:
        position = position_in(txn, stored.state, (MEMBER, user)) if stored.state else None
        if position is not None:
            yield events.at(txn, position).event.membership or "leave"
