"""Walks through spaces. Spec: Client-Server API, "Discovering rooms within spaces"."""

from collections.abc import Iterator

from attrs import field, frozen

from homeserver.errors import Forbidden, InvalidParam
from homeserver.events.client_format import stripped_state
from homeserver.events.ids import is_room_id
from homeserver.json_values import JsonObject
from homeserver.rooms.directory_entries import text_in
from homeserver.rooms.shown import as_seen
from homeserver.rooms.summaries import local_head, may_know, summary_of
from homeserver.storage import events
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

CHILD = "m.space.child"
MAX_ORDER = 50
MAX_ROOMS = 10_000
"""That one walk looks at, whether the user may know of them or not."""


@frozen(kw_only=True)
class Wish:
    """`after` is the room with which the last page ended."""

    room_id: str
    suggested_only: bool
    max_depth: int
    limit: int
    after: str | None = None


@frozen(eq=False)
class Hierarchy:
    _db: Database
    _server_name: str

    async def page(self, user_id: str, wish: Wish) -> JsonObject:
        """Rooms, and the token of the next page where there is one."""
        return await self._db.read(self._page, user_id, wish)

    def _page(self, txn: Transaction, user_id: str, wish: Wish) -> JsonObject:
        root = local_head(txn, wish.room_id, self._server_name)
        if root is None or not may_know(txn, root, user_id):
            raise Forbidden("This room does not exist, or you are not allowed to view it.")
        walk = Walk(txn, user_id, self._server_name, wish)
        found = walk.rooms(root)
        if wish.after is not None:
            skip_to(found, wish.after)
        rooms: list[JsonObject] = []
        for head in found:
            if len(rooms) == wish.limit:
                return {"rooms": rooms, "next_batch": write_token(wish, rooms[-1]["room_id"])}
            rooms.append(walk.show(head))
        return {"rooms": rooms}


@frozen(eq=False)
class Walk:
    """Each room is met once, so loops end and shared branches are not walked twice."""

    txn: Transaction
    user_id: str
    server_name: str
    wish: Wish
    _met: set[str] = field(factory=set, init=False)

    def rooms(self, root: Head) -> Iterator[Head]:
        """Those that the user may know of, depth first, each before its children."""
        waiting = [(root, 0)]
        self._met.add(root.room_id)
        while waiting:
            head, depth = waiting.pop()
            yield head
            if depth < self.wish.max_depth:
                children = list(self._unmet_children(head))
                waiting += [(child, depth + 1) for child in reversed(children)]

    def show(self, head: Head) -> JsonObject:
        children = [
            {
                **stripped_state(as_seen(stored)),
                "origin_server_ts": stored.event.origin_server_ts,
            }
            for stored in self._links(head)
        ]
        return {**summary_of(self.txn, head), "children_state": children}

    def _unmet_children(self, space: Head) -> Iterator[Head]:
        for link in self._links(space):
            room_id = link.event.state_key or ""
            if room_id in self._met or len(self._met) >= MAX_ROOMS:
                continue
            self._met.add(room_id)
            head = local_head(self.txn, room_id, self.server_name)
            if head is not None and may_know(self.txn, head, self.user_id):
                yield head

    def _links(self, head: Head) -> list[Stored]:
        """The m.space.child events of a space that hold, in their order."""
        if text_in(self.txn, head, "m.room.create", "type") != "m.space":
            return []
        positions = [position for (type, _), position in head.state.items() if type == CHILD]
        found = events.at_all(self.txn, positions).values()
        return sorted((it for it in found if self._holds(it)), key=rank)

    def _holds(self, link: Stored) -> bool:
        content = as_seen(link).content
        via = content.get("via")
        if not (isinstance(via, list) and via and is_room_id(link.event.state_key or "")):
            return False
        return not self.wish.suggested_only or content.get("suggested") is True


def rank(link: Stored) -> tuple[bool, str, int, str]:
    """Spec: "Ordering of children within a space"."""
    order = as_seen(link).content.get("order")
    if not (isinstance(order, str) and is_valid_order(order)):
        order = None
    event = link.event
    return order is None, order or "", event.origin_server_ts, event.state_key or ""


def is_valid_order(order: str) -> bool:
    return len(order) <= MAX_ORDER and all(" " <= character <= "~" for character in order)


def skip_to(found: Iterator[Head], room_id: str) -> None:
    """Past this room; raises InvalidParam if it is no longer there."""
    for head in found:
        if head.room_id == room_id:
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
