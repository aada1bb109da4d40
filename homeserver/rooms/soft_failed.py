"""Events that failed softly, among the others: for administrators whose account data ask for it.

Synapse's documentation, "Client-Server API Extensions".
"""

from enum import Enum

from homeserver.http.requester import Requester
from homeserver.rooms.paging import END, Page, Walk, wanted_of
from homeserver.rooms.policies import is_unsigned
from homeserver.rooms.reading import Reading
from homeserver.storage import account_data, events
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

CONFIG = "io.element.synapse.admin_client_config"


class Failed(Enum):
    """Which events somebody wants to see."""

    NONE = None
    REFUSED = "return_policy_server_spammy_events"
    """What the room's policy server did not sign."""
    ALL = "return_soft_failed_events"


def wish_of(txn: Transaction, requester: Requester) -> Failed:
    if not requester.is_admin:
        return Failed.NONE
    config = account_data.find(txn, requester.user_id, None, CONFIG) or {}
    wishes = (wish for wish in (Failed.ALL, Failed.REFUSED) if config.get(wish.value) is True)
    return next(wishes, Failed.NONE)


def chosen(txn: Transaction, wish: Failed, found: list[Stored]) -> list[Stored]:
    return found if wish is Failed.ALL else [it for it in found if is_unsigned(txn, it)]


def with_soft_failed(reading: Reading, way: Walk, wish: Failed, page: Page) -> Page:
    """A page with those that came in its time; it has no more events than were asked for."""
    if not way.limit or not way.wanted.allows_room(reading.head.room_id):
        return page
    is_newest = way.backwards and way.start >= reading.upto >= reading.head.newest
    ends = (page.reached, way.start) if way.backwards else (way.start, page.reached)
    after, upto = ends[0], END if is_newest else ends[1]
    found = events.soft_failed(
        reading.txn, reading.head.room, after, upto, way.limit, backwards=way.backwards
    )
    more = wanted_of(reading, way.wanted, chosen(reading.txn, wish, found))
    if not more:
        return page
    seen = sorted([*page.events, *more], key=lambda it: it.stored.order, reverse=way.backwards)
    if len(seen) <= way.limit:
        return Page(seen, page.reached, page.more)
    last = seen[way.limit - 1].stored.order
    return Page(seen[: way.limit], last - 1 if way.backwards else last, True)
