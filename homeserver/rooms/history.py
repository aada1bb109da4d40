"""Which events of a room a user may see: the one door for all that shows events."""

from collections.abc import Sequence

from attrs import evolve, frozen

from homeserver.events.applying_redactions import redacted
from homeserver.events.event import StateKey
from homeserver.events.sticky import STICKY
from homeserver.events.visibility import HistoryVisibility, Moment, Shown, UserView, show
from homeserver.rooms.shown import replaced
from homeserver.storage import events, memberships, names, state_trees, sticky_events
from homeserver.storage.cache import Cache
from homeserver.storage.erasure import erased_at
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction

STAYS_BYTES = 2 * 1024 * 1024
VISIBILITY: StateKey = ("m.room.history_visibility", "")


@frozen
class Seen:
    """An event that the user may see, with the user's membership when it happened."""

    stored: Stored
    membership: str


@frozen
class Spell:
    """A time of one membership, from the event at `start` up to the next one's."""

    start: int
    membership: str


def spells(txn: Transaction, head: Head, user_id: str) -> list[Spell]:
    """All memberships of a user in a room, newest first."""
    newest = memberships.of_user(txn, user_id).get(head.room_id)
    stored = events.at(txn, newest.position) if newest else None
    found: list[Spell] = []
    while stored is not None:
        found.append(Spell(stored.order, stored.event.membership or "leave"))
        stored = replaced(txn, stored)
    return found


def visible(txn: Transaction, head: Head, user_id: str, found: Sequence[Stored]) -> list[Seen]:
    """Those of the events (of one room) that the user may see, in their order."""
    if not found:
        return []
    lived = spells(txn, head, user_id)
    joined_since = start_of_stay(lived)
    oldest = min(stored.order for stored in found)
    if joined_since is not None and joined_since <= oldest:
        return [Seen(stored, "join") for stored in found]
    view = UserView(user_id, [spell.start for spell in lived if spell.membership == "join"])
    settings, erased, seen = visibilities_before(txn, found), erased_at(txn), list[Seen]()
    for stored in found:
        before = membership_at(lived, stored.order - 1)
        moment = Moment(settings[stored.state], (before,))
        forgotten = None if stored.event.is_state else erased.get(stored.event.sender)
        shown = show(view, stored.event, stored.order, moment, forgotten)
        if shown is Shown.HIDDEN and not _sticks(txn, head, user_id, stored):
            continue
        copy = emptied(stored) if shown is Shown.REDACTED else stored
        seen.append(Seen(copy, membership_at(lived, stored.order)))
    return seen


def emptied(stored: Stored) -> Stored:
    """Of an event by somebody who was erased: what those get who came later."""
    return evolve(stored, event=redacted(stored.event), opened=None)


def _sticks(txn: Transaction, head: Head, user_id: str, stored: Stored) -> bool:
    """Sticky events are for all who are in the room, also for those who came later (MSC4354).

    They may stay so up to a minute longer: until their rows are swept away.
    """
    return (
        STICKY in stored.event.pdu
        and stored.redaction is None
        and head.is_joined(user_id)
        and sticky_events.expiry(txn, stored.position) is not None
    )


def start_of_stay(lived: Sequence[Spell]) -> int | None:
    """Since when the user has been in the room without a break; None for who is not in it."""
    start: int | None = None
    for spell in lived:
        if spell.membership != "join":
            break
        start = spell.start
    return start


def joined_since(txn: Transaction, head: Head, user_id: str, newest: Membership) -> int:
    """Since when somebody who is in the room is there without a break; of others, their newest
    membership. What led to an event that has its place does not change: it is looked at once.
    """
    known: int | None = txn.see(_stays(txn), newest.position)
    if known is not None:
        return known
    start = start_of_stay(spells(txn, head, user_id)) or newest.position
    if events.at(txn, newest.position).place is not None:
        txn.fill(_stays(txn), newest.position, start)
    return start


def _stays(txn: Transaction) -> Cache[int, int]:
    return txn.memory.cache("stays", STAYS_BYTES, lambda _, __: 200)


def known_upto(lived: Sequence[Spell], since: int) -> int:
    """The place up to which somebody, told of all up to `since`, knows the room; 0 for strangers.

    Of a room that they had left by then, they know what came before they left.
    """
    place = since
    for spell in lived:
        if spell.start <= since:
            if spell.membership == "join":
                return place
            place = spell.start
    return 0


def membership_at(lived: Sequence[Spell], position: int) -> str:
    for spell in lived:
        if spell.start <= position:
            return spell.membership
    return "leave"


def visibilities_before(
    txn: Transaction, found: Sequence[Stored]
) -> dict[bytes, HistoryVisibility]:
    """The settings of a room when these events came, by the root of the state before them."""
    key = (names.find(txn, VISIBILITY[0]) or 0, names.find(txn, VISIBILITY[1]) or 0)
    roots = {stored.state for stored in found if stored.state}
    positions = state_trees.get_from_all(txn, roots, key)
    stored_at = events.at_all(txn, {at for at in positions.values() if at is not None})
    settings = {
        root: HistoryVisibility.of(None if at is None else stored_at[at].event)
        for root, at in positions.items()
    }
    return {b"": HistoryVisibility.of(None), **settings}


def visibility_before(txn: Transaction, stored: Stored) -> HistoryVisibility:
    """The room's setting when the event came."""
    if not stored.state:
        return HistoryVisibility.of(None)
    key = (names.find(txn, VISIBILITY[0]) or 0, names.find(txn, VISIBILITY[1]) or 0)
    position = state_trees.get(txn, stored.state, key)
    return HistoryVisibility.of(None if position is None else events.at(txn, position).event)
