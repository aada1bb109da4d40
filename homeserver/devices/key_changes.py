"""Whose keys a client must fetch again after it was away. Spec: GET /keys/changes."""

from collections.abc import Iterable, Iterator

from attrs import frozen

from homeserver.json_values import JsonObject
from homeserver.storage import cross_signing_keys, devices, heads, memberships, moved_rooms
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

ENCRYPTION = ("m.room.encryption", "")
FEW = 100
"""Members of a room that counts although it is not encrypted: it may soon be, and the specification
says "a room" here and "an encrypted room" there. In large rooms most of what is told would be for
nothing.
"""
GONE = ("leave", "ban")


@frozen
class KeyChanges:
    _db: Database

    async def since(self, user_id: str, place: int) -> JsonObject:
        """All up to now: where the client wants to know less, more does no harm."""
        # A place ahead is from a database that has been put back since: then all is news.
        after = place if place <= self._db.position else 0
        return await self._db.read(changes, user_id, after)


def changes(txn: Transaction, user_id: str, after: int) -> JsonObject:
    moved = sorted(moved_rooms.of_user(txn, user_id, after))
    neighbours = _Neighbours(txn, user_id)
    came, left = _moves(txn, user_id, moved, after)
    changed = set(devices.changed_lists(txn, after, txn.position))
    known = {other for other in changed - {user_id} if neighbours.share_room(other)}
    known |= {other for other in came - {user_id} if neighbours.are(other)}
    known.update(cross_signing_keys.signed_between(txn, user_id, after, txn.position))
    own = changed & {user_id}
    gone = {other for other in left - {user_id} - known if not neighbours.are(other)}
    return {"changed": sorted(known | own), "left": sorted(gone)}


def _moves(
    txn: Transaction, user_id: str, moved: Iterable[str], after: int
) -> tuple[set[str], set[str]]:
    """Who came into a room with the user that counts, and who left one."""
    came: set[str] = set()
    left: set[str] = set()
    rooms = memberships.of_user(txn, user_id)
    for room_id in moved:
        head = _counting(txn, room_id)
        if head is None:
            continue
        if rooms[room_id].moved > after or head.state.get(ENCRYPTION, 0) > after:
            came.update(head.joined())
        for other, membership in memberships.moved_since(txn, room_id, after):
            if membership == "join":
                came.add(other)
            elif membership in GONE:
                left.add(other)
    for room_id, own in rooms.items():
        if own.membership in GONE and own.moved > after:
            head = _counting(txn, room_id)
            left.update(head.joined() if head else ())
    return came, left


def counts(head: Head) -> bool:
    """Whether it matters for keys who is in the room."""
    return ENCRYPTION in head.state or len(head.members) <= FEW


def _counting(txn: Transaction, room_id: str) -> Head | None:
    head = heads.load(txn, room_id)
    return head if head is not None and counts(head) else None


@frozen(eq=False)
class _Neighbours:
    """Who is in a room with a user."""

    _txn: Transaction
    _user_id: str

    def share_room(self, other: str) -> bool:
        return any(True for _ in self._shared(other))

    def are(self, other: str) -> bool:
        """Whether the two are in a room that counts."""
        return any(_counting(self._txn, room_id) is not None for room_id in self._shared(other))

    def _shared(self, other: str) -> Iterator[str]:
        mine = memberships.of_user(self._txn, self._user_id)
        theirs = memberships.of_user(self._txn, other)
        few, many = sorted((mine, theirs), key=len)
        for room_id, own in few.items():
            same = many.get(room_id)
            if own.membership == "join" and same is not None and same.membership == "join":
                yield room_id
