"""The rooms that this server publishes. Spec: Client-Server API, "Published room directory"."""

from bisect import bisect_left, bisect_right

from attrs import frozen

from homeserver.errors import Forbidden, InvalidParam, NotFound
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.access import refuse_suspended
from homeserver.rooms.aliases import may_name
from homeserver.rooms.directory_entries import Entry, entries, entry_of
from homeserver.rooms.timeline import Appended
from homeserver.storage import heads, room_directory
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

OWN = room_directory.OWN

MAX_ROOMS = 500
"""In one answer."""

Rank = tuple[int, str]


@frozen(kw_only=True)
class Query:
    """`room_types` holds None for rooms without a type; `networks` is None for all of them."""

    limit: int = MAX_ROOMS
    since: str | None = None
    term: str = ""
    room_types: frozenset[str | None] | None = None
    networks: tuple[str, ...] | None = (OWN,)

    def matches(self, entry: Entry) -> bool:
        """Nobody can enter a room that everybody has left."""
        if not entry.joined:
            return False
        if self.room_types is not None and entry.room_type not in self.room_types:
            return False
        return self.term.casefold() in entry.text


@frozen
class Page:
    chunk: list[JsonObject]
    total: int
    next_batch: str | None
    prev_batch: str | None


@frozen(eq=False)
class Directory:
    _db: Database

    async def is_published(self, room_id: str) -> bool:
        return await self._db.glance(self._is_published, room_id)

    def _is_published(self, txn: Transaction, room_id: str) -> bool:
        if heads.load(txn, room_id) is None:
            raise NotFound("This room is not known here.")
        return room_directory.is_published(txn, room_id)

    async def publish(self, requester: Requester, room_id: str, public: bool) -> None:
        """Show a room in the directory, or no more."""
        refuse_suspended(requester)
        await self._db.write(self._publish, requester, room_id, public)

    def _publish(self, txn: Transaction, requester: Requester, room_id: str, public: bool) -> None:
        head = heads.load(txn, room_id)
        if head is None:
            raise NotFound("This room is not known here.")
        if not requester.is_admin and not may_name(txn, head, requester.user_id):
            raise Forbidden("Only who may name a room decides whether it is published.")
        change = room_directory.publish if public else room_directory.withdraw
        change(txn, room_id)

    async def publish_in_network(self, network: str, room_id: str, public: bool) -> None:
        """Application services have directories of their own."""
        await self._db.write(self._publish_in_network, network, room_id, public)

    def _publish_in_network(
        self, txn: Transaction, network: str, room_id: str, public: bool
    ) -> None:
        if heads.load(txn, room_id) is None:
            raise NotFound("This room is not known here.")
        change = room_directory.publish if public else room_directory.withdraw
        change(txn, room_id, network)

    async def search(self, query: Query) -> Page:
        return await self._db.read(self._search, query)

    def _search(self, txn: Transaction, query: Query) -> Page:
        published = room_directory.published(txn, query.networks)
        found = (entry_of(txn, room_id, root) for room_id, root in published.items())
        wanted = [entry for entry in found if entry is not None and query.matches(entry)]
        return page_of(sorted(wanted, key=lambda entry: entry.rank), query)

    def note(self, change: Appended) -> None:
        """A redaction takes words out of a state that otherwise stays the same."""
        if change.stored.event.redacts is not None:
            memory = self._db.memory
            entries(memory).drop(change.room_id, memory.commits)


def page_of(found: list[Entry], query: Query) -> Page:
    start, end = span(found, query)
    return Page(
        [entry.chunk for entry in found[start:end]],
        len(found),
        token_of("n", found[end - 1]) if start < end < len(found) else None,
        token_of("p", found[start]) if 0 < start < end else None,
    )


def span(found: list[Entry], query: Query) -> tuple[int, int]:
    """Which of the rooms, in their order, are on the page."""
    if query.since is None:
        return 0, min(query.limit, len(found))
    direction, rank = read_token(query.since)
    if direction == "n":
        start = bisect_right(found, rank, key=lambda entry: entry.rank)
        return start, min(start + query.limit, len(found))
    end = bisect_left(found, rank, key=lambda entry: entry.rank)
    return max(0, end - query.limit), end


def token_of(direction: str, entry: Entry) -> str:
    """Behind ("n") or before ("p") this room: it stays right while rooms come and go."""
    return f"{direction}{entry.joined}_{entry.room_id}"


def read_token(token: str) -> tuple[str, Rank]:
    joined, underscore, room_id = token[1:].partition("_")
    valid = token[:1] in ("n", "p") and joined.isascii() and joined.isdigit() and underscore
    if not valid or len(joined) > 9:
        raise InvalidParam("`since` must be a token from an earlier answer.")
    return token[0], (-int(joined), room_id)
