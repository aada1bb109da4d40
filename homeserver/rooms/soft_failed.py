"""Events that failed softly, among the others: for administrators whose account data ask for it.

Synapse's documentation, "Client-Server API Extensions".
"""

from homeserver.http.requester import Requester
from homeserver.rooms.paging import END, Page, Walk, wanted_of
from homeserver.rooms.reading import Reading
from homeserver.storage import account_data, events
from homeserver.storage.transaction import Transaction

CONFIG = "io.element.synapse.admin_client_config"
WISH = "return_soft_failed_events"


def are_wanted(txn: Transaction, requester: Requester) -> bool:
    if not requester.is_admin:
        return False
    config = account_data.find(txn, requester.user_id, None, CONFIG)
    return config is not None and config.get(WISH) is True


def with_soft_failed(reading: Reading, way: Walk, page: Page) -> Page:
    """A page with those that came in its time; it has no more events than were asked for."""
    if not way.limit or not way.wanted.allows_room(reading.head.room_id):
        return page
    is_newest = way.backwards and way.start >= reading.upto >= reading.head.newest
    ends = (page.reached, way.start) if way.backwards else (way.start, page.reached)
    after, upto = ends[0], END if is_newest else ends[1]
    found = events.soft_failed(
        reading.txn, reading.head.room, after, upto, way.limit, backwards=way.backwards
    )
    more = wanted_of(reading, way.wanted, found)
    if not more:
        return page
    seen = sorted([*page.events, *more], key=lambda it: it.stored.order, reverse=way.backwards)
    if len(seen) <= way.limit:
        return Page(seen, page.reached, page.more)
    last = seen[way.limit - 1].stored.order
    return Page(seen[: way.limit], last - 1 if way.backwards else last, True)
