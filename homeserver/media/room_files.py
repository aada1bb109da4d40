"""Which files the events of a room name. Those in encrypted events stay unknown."""

from homeserver.errors import NotFound
from homeserver.media.uris import uris_in
from homeserver.storage import events, heads
from homeserver.storage.media_upkeep import Address
from homeserver.storage.transaction import Transaction

PORTION = 500
"""Events that are looked at in one transaction."""
BEGINNING = -(2**62)


def named_in(txn: Transaction, room_id: str, after: int) -> tuple[list[Address], int | None]:
    """What the next of a room's events name, and where to go on. Raises NotFound."""
    head = heads.load(txn, room_id)
    if head is None:
        raise NotFound("There is no such room here.")
    found = events.after(txn, head.room, after, PORTION)
    named = [uri for stored in found for uri in uris_in(stored.event.content)]
    return named, found[-1].place if len(found) == PORTION else None
