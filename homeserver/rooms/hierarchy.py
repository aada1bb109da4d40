"""Walks through spaces. Spec: Client-Server API, "Discovering rooms within spaces"."""

from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

from homeserver.errors import Forbidden, InvalidParam
from homeserver.events.ids import is_room_id
from homeserver.http.request import Request
from homeserver.json_values import JsonObject
from homeserver.rooms.first_sight import local_head, may_know, may_know_elsewhere
from homeserver.rooms.remote import RoomAddress
from homeserver.rooms.space_rooms import RoomsElsewhere, SpaceRoom, address_in, room_here
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_ROOMS = 10_000
"""That one walk looks at, whether the user may know of them or not."""
MAX_LOOKUPS = 50
"""Rooms for which other servers are asked in one request; the others are left out."""
AT_ONCE = 10
DEFAULT_LIMIT, MAX_LIMIT = 50, 100
DEFAULT_DEPTH, MAX_DEPTH = 10, 50

Known = Mapping[str, SpaceRoom | None]
"""What other servers told of rooms; None for what they did not."""


@frozen(kw_only=True)
class Wish:
    """`after` is the room with which the last page ended."""

    room_id: str
    suggested_only: bool
    max_depth: int
    limit: int
    after: str | None = None


class Unknown(Exception):
    """A walk came to rooms that other servers must be asked for."""

    def __init__(self, addresses: list[RoomAddress]) -> None:
        super().__init__(addresses)
        self.addresses = addresses


@frozen(eq=False)
class Hierarchy:
    _db: Database
    _server_name: str
    _elsewhere: RoomsElsewhere | None = None

    async def page(self, user_id: str, wish: Wish) -> JsonObject:
        """Rooms, and the token of the next page where there is one."""
        known: dict[str, SpaceRoom | None] = {}
        left = MAX_LOOKUPS
        while self._elsewhere is not None and left > 0:
            try:
                return await self._db.read(self._page, user_id, wish, known, True)
            except Unknown as unknown:
                asked = unknown.addresses[:left]
            left -= len(asked)
            found = await self._elsewhere.find(asked, wish.suggested_only)
            known = {**dict.fromkeys(it.room_id for it in asked), **found, **known}
        return await self._db.read(self._page, user_id, wish, known, False)

    async def page_for_administrators(self, wish: Wish) -> JsonObject:
        """Of what is held here, whoever may know of it."""
        return await self._db.read(self._page, None, wish, {}, False)

    def _page(
        self, txn: Transaction, user_id: str | None, wish: Wish, known: Known, asks: bool
    ) -> JsonObject:
        walk = Walk(txn, user_id, self._server_name, wish, known, asks)
        found = walk.rooms()
        first = next(found, None)
        if first is None or first.room_id != wish.room_id:
            raise Forbidden("This room does not exist, or you are not allowed to view it.")
        rooms = [first] if wish.after is None else []
        if wish.after not in (None, wish.room_id):
            skip_to(found, wish.after)
        for room in found:
            if len(rooms) == wish.limit:
                token = write_token(wish, rooms[-1].room_id)
                return {"rooms": [it.shown() for it in rooms], "next_batch": token}
            rooms.append(room)
        return {"rooms": [it.shown() for it in rooms]}


@frozen(eq=False)
class Walk:
    """Each room is met once, so loops end and shared branches are not walked twice.

    `user_id` is None for administrators, who may know of everything.
    """

    txn: Transaction
    user_id: str | None
    server_name: str
    wish: Wish
    known: Known
    asks: bool
    _met: set[str] = field(factory=set, init=False)

    def rooms(self) -> Iterator[SpaceRoom]:
        """Those that the user may know of, depth first, each before its children."""
        waiting = [(RoomAddress(self.wish.room_id), 0)]
        self._met.add(self.wish.room_id)
        while waiting:
            address, depth = waiting.pop()
            room = self._find(address, [it for it, _ in waiting[: -AT_ONCE - 1 : -1]])
            if room is None:
                continue
            yield room
            if depth < self.wish.max_depth:
                children = list(self._unmet(room))
                waiting += [(child, depth + 1) for child in reversed(children)]

    def _unmet(self, space: SpaceRoom) -> Iterator[RoomAddress]:
        for link in space.links:
            if link["state_key"] not in self._met and len(self._met) < MAX_ROOMS:
                self._met.add(link["state_key"])
                yield address_in(link)

    def _find(self, address: RoomAddress, next: list[RoomAddress]) -> SpaceRoom | None:
        """The room, if the user may know of it. Raises Unknown, with some that come next."""
        head = local_head(self.txn, address.room_id, self.server_name)
        if head is not None:
            if self.user_id is not None and not may_know(self.txn, head, self.user_id):
                return None
            return room_here(self.txn, head, self.wish.suggested_only)
        if self.asks and address.room_id not in self.known:
            raise Unknown([address, *(it for it in next if self._is_unknown(it))][:AT_ONCE])
        room = self.known.get(address.room_id)
        if room is None or self.user_id is None:
            return None
        return room if may_know_elsewhere(self.txn, room.summary, self.user_id) else None

    def _is_unknown(self, address: RoomAddress) -> bool:
        here = local_head(self.txn, address.room_id, self.server_name)
        return here is None and address.room_id not in self.known


def skip_to(found: Iterator[SpaceRoom], room_id: str | None) -> None:
    """Past this room; raises InvalidParam if it is no longer there."""
    for room in found:
        if room.room_id == room_id:
            return
    raise InvalidParam("The space has changed since that token was given out: start again.")


def write_token(wish: Wish, room_id: str) -> str:
    """Pages begin where a walk like the first one has come to: nothing is kept in between."""
    return f"{wish.max_depth}_{int(wish.suggested_only)}_{room_id}"


def read_token(wish: Wish, token: str) -> str:
    """The room with which the last page of this walk ended; raises InvalidParam."""
    max_depth, _, rest = token.partition("_")
    suggested_only, _, room_id = rest.partition("_")
    if not is_room_id(room_id):
        raise InvalidParam("`from` must be a token from an earlier answer.")
    if (max_depth, suggested_only) != (str(wish.max_depth), str(int(wish.suggested_only))):
        raise InvalidParam("`suggested_only` and `max_depth` cannot change from page to page.")
    return room_id


def wish_of(request: Request, room_id: str) -> Wish:
    wish = Wish(
        room_id=room_id,
        suggested_only=request.boolean("suggested_only"),
        max_depth=request.integer("max_depth", DEFAULT_DEPTH, maximum=MAX_DEPTH),
        limit=request.integer("limit", DEFAULT_LIMIT, minimum=1, maximum=MAX_LIMIT),
    )
    if token := request.text("from"):
        wish = evolve(wish, after=read_token(wish, token))
    return wish
