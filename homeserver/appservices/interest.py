"""Which application services care for what; no work for each member of a room.

Spec: Application Service API, "Registration".
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable

from attrs import define
from immutables import Map

from homeserver.events.event import Event
from homeserver.rooms.state_view import position_in
from homeserver.rooms.timeline import Appended
from homeserver.storage import aliases, appservices, events, heads, memberships
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppService, AppServices

MEMBER = "m.room.member"
MAX_ROOMS = 10_000
MAX_USERS = 100_000

Ids = frozenset[str]
"""Of services."""

NOBODY: Ids = frozenset()


@define(eq=False)
class Presence:
    """How many users of each service have joined a room with these members."""

    members: Map[str, str]
    counts: Counter[str]
    ids: Ids = NOBODY
    by_room_id: Ids = NOBODY


class Interest:
    """Only local users count as a service's users."""

    def __init__(self, services: AppServices, server_name: str) -> None:
        self._server_name = server_name
        self._suffix = ":" + server_name
        self._all = services
        services.changed.append(self._begin_anew)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """One that wants no transactions cares for nothing."""
        self._services = [service for service in self._all.all if service.url is not None]
        self._with_aliases = [service for service in self._services if service.aliases]
        self._rooms: OrderedDict[str, Presence] = OrderedDict()
        self._users: OrderedDict[str, Ids] = OrderedDict()

    def of_user(self, user_id: str) -> Ids:
        """Whose user this is."""
        if not user_id.endswith(self._suffix):
            return NOBODY
        known = self._users.get(user_id)
        if known is None:
            known = frozenset(it.id for it in self._services if it.speaks_for(user_id))
            self._users[user_id] = known
            if len(self._users) > MAX_USERS:
                self._users.popitem(last=False)
        return known

    def of_appended(self, txn: Transaction, change: Appended) -> Ids:
        """Who gets an event that has just entered its room."""
        event, head = change.stored.event, change.head
        found = self._after(change)
        found |= self.of_aliases(txn, head.room_id)
        if event.type == MEMBER and event.state_key:
            found |= self.of_user(event.state_key)
        return found

    def in_room(self, txn: Transaction, head: Head) -> Ids:
        """Who gets what happens in a room."""
        presence = self._presence(head)
        return presence.ids | presence.by_room_id | self.of_aliases(txn, head.room_id)

    def of_members(self, head: Head) -> Ids:
        """Whose users have joined a room."""
        return self._presence(head).ids

    def around_user(self, txn: Transaction, user_id: str, wanted: Ids) -> Ids:
        """Those of the services whose user this is, or who get what happens where the user is."""
        found = self.of_user(user_id) & wanted
        for room_id, membership in memberships.of_user(txn, user_id).items():
            if found == wanted:
                break
            if membership.membership == "join" and (head := heads.load(txn, room_id)) is not None:
                found |= self.in_room(txn, head) & wanted
        return found

    def of_aliases(self, txn: Transaction, room_id: str) -> Ids:
        if not self._with_aliases or not (found := aliases.known_of_room(txn, room_id)):
            return NOBODY
        return frozenset(
            service.id
            for service in self._with_aliases
            if any(space.holds(alias) for space in service.aliases for alias in found)
        )

    # -- rooms, by what changes in them

    def _after(self, change: Appended) -> Ids:
        """As the event left its room."""
        event, head = change.stored.event, change.head
        known = self._rooms.get(head.room_id)
        if (
            known is not None
            and event.type == MEMBER
            and event.state_key
            and known.members is change.former.members
            and known.members is not head.members
        ):
            self._move(known, change, event.state_key)
        presence = self._presence(head)
        return presence.ids | presence.by_room_id

    def _move(self, known: Presence, change: Appended, user_id: str) -> None:
        step = change.head.is_joined(user_id) - change.former.is_joined(user_id)
        for id in self.of_user(user_id) if step else ():
            known.counts[id] += step
        known.members = change.head.members
        known.ids = frozenset(id for id, count in known.counts.items() if count > 0)

    def _presence(self, head: Head) -> Presence:
        known = self._rooms.get(head.room_id)
        if known is not None and known.members is head.members:
            return known
        counts: Counter[str] = Counter()
        if self._server_name in head.servers:
            for user_id, membership in head.members.items():
                if membership == "join" and user_id.endswith(self._suffix):
                    counts.update(self.of_user(user_id))
        by_room_id = frozenset(
            it.id for it in self._services if any(s.holds(head.room_id) for s in it.rooms)
        )
        known = Presence(head.members, counts, frozenset(counts), by_room_id)
        self._rooms[head.room_id] = known
        self._rooms.move_to_end(head.room_id)
        if len(self._rooms) > MAX_ROOMS:
            self._rooms.popitem(last=False)
        return known


class Hindsight:
    """What a service would have got, for one look into the past of the number line."""

    def __init__(self, txn: Transaction, service: AppService, interest: Interest) -> None:
        self._txn = txn
        self._service = service
        self._interest = interest
        self._rooms: dict[str, Iterable[tuple[str, str, int]]] = {}

    def cares_for(self, stored: Stored) -> bool:
        event, id = stored.event, self._service.id
        if event.type == MEMBER and id in self._interest.of_user(event.state_key or ""):
            return True
        if id in self._interest.of_aliases(self._txn, event.room_id):
            return True
        if any(space.holds(event.room_id) for space in self._service.rooms):
            return True
        return self._was_there(stored, event)

    def _was_there(self, stored: Stored, event: Event) -> bool:
        """Whether a user of the service was a member when the event happened."""
        candidates = self._users_of(event.room_id)
        if any(it == "join" and moved < stored.order for _, it, moved in candidates):
            return True
        return any(
            moved >= stored.order and self._had_joined(user_id, stored)
            for user_id, _, moved in candidates
        )

    def _had_joined(self, user_id: str, stored: Stored) -> bool:
        position = position_in(self._txn, stored.room_state, (MEMBER, user_id))
        return position is not None and events.at(self._txn, position).event.membership == "join"

    def _users_of(self, room_id: str) -> Iterable[tuple[str, str, int]]:
        known = self._rooms.get(room_id)
        if known is None:
            head = heads.load(self._txn, room_id)
            ever = appservices.members_ever(self._txn, head.room) if head else []
            known = self._rooms[room_id] = [
                it for it in ever if self._service.id in self._interest.of_user(it[0])
            ]
        return known
