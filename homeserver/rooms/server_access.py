"""What other servers may do with a room: the door before every look of theirs into one."""

from homeserver.errors import Forbidden, NotFound
from homeserver.events.server_acls import ServerAcl
from homeserver.storage import events, heads
from homeserver.storage.cache import Cache
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

CACHE_BYTES = 2 * 1024 * 1024
UNKNOWN_ROOM = "This server does not know the room, or is not in it."
EVERYBODY = ServerAcl.of({"allow": ["*"]})


def room_here(txn: Transaction, own: str, room_id: str) -> Head:
    """A room that users of ours have joined."""
    head = heads.load(txn, room_id)
    if head is None or own not in head.servers:
        raise NotFound(UNKNOWN_ROOM)
    return head


def room_for(txn: Transaction, own: str, room_id: str, origin: str) -> Head:
    """A room of ours that the server may ask about: it has users in there."""
    head = room_here(txn, own, room_id)
    check_acl(txn, head, origin)
    if origin not in head.servers:
        raise Forbidden("Nobody of your server is in this room.")
    return head


def check_acl(txn: Transaction, head: Head, origin: str) -> None:
    if not acl_of(txn, head).admits(origin):
        raise Forbidden("This room keeps your server out.")


def acl_of(txn: Transaction, head: Head) -> ServerAcl:
    """The room's m.room.server_acl, compiled."""
    position = head.state.get(("m.room.server_acl", ""))
    if position is None:
        return EVERYBODY
    cache: Cache[int, ServerAcl] = txn.memory.cache("server_acls", CACHE_BYTES, lambda _, __: 5000)
    known: ServerAcl | None = txn.see(cache, position)
    if known is None:
        known = ServerAcl.of(events.at(txn, position).event.content)
        txn.fill(cache, position, known)
    return known
