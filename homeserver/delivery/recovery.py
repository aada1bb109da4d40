"""What happened before a crash and was not yet written down as delivered."""

from collections import defaultdict

from attrs import field, frozen

from homeserver.delivery.audience import MEMBER, NOBODY, Audience
from homeserver.delivery.outbox import FOLLOWER
from homeserver.events.ids import domain_of
from homeserver.rooms.state_view import TreeView
from homeserver.storage import events, followers, handed_in, heads, outgoing, outgoing_to_device
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.outgoing import Kind, Lag, News, ServerNames
from homeserver.storage.transaction import Transaction

MAX_EVENTS = 50_000
MAX_USERS = 10
"""Of each server, who are looked for in a state."""

Found = list[tuple[News, ServerNames]]


def recover(txn: Transaction, audience: Audience, upto: int, now_ms: int) -> dict[str, Lag]:
    """Make rows of what may not have been delivered, for all it was for; who lacks something."""
    after = followers.place(txn, FOLLOWER)
    if after is None:
        after = upto
    found = [*_events(txn, audience, after, upto), *_relays(txn, audience, after, upto)]
    outgoing.save(txn, found)
    concerned = {name for _, servers in found for name in servers}
    for _, servers in outgoing.newest_first(txn, after, upto):
        concerned |= servers
    concerned |= outgoing_to_device.servers(txn)
    known = outgoing.lagging(txn)
    new = {name: Lag(after, now_ms) for name in concerned if name not in known}
    outgoing.save_lags(txn, new)
    followers.save(txn, FOLLOWER, upto)
    return {**known, **new}


def _events(txn: Transaction, audience: Audience, after: int, upto: int) -> Found:
    """The events of our users, for the servers that were in their rooms then and still are."""
    rooms: dict[str, _Room | None] = {}
    found: Found = []
    own = outgoing.own_events(txn, audience.server_name, after, upto, MAX_EVENTS)
    for position, room_id in own:
        if room_id not in rooms:
            rooms[room_id] = _Room.of(heads.load(txn, room_id), audience)
        if (room := rooms[room_id]) is not None:
            servers = room.servers_at(txn, events.at(txn, position))
            if servers:
                found.append((News(position, Kind.EVENT, room.head.room, position), servers))
    return found


def _relays(txn: Transaction, audience: Audience, after: int, upto: int) -> Found:
    handed = handed_in.between(txn, after, upto)
    maybe = (relayed(txn, audience, position, event_id) for position, event_id in handed)
    return [it for it in maybe if it is not None]


@frozen(eq=False)
class _Room:
    """`users` are some of each server's members; states with the same root are looked at once."""

    head: Head
    _audience: Audience
    _users: dict[str, list[str]]
    _known: dict[bytes, ServerNames] = field(factory=dict)

    @classmethod
    def of(cls, head: Head | None, audience: Audience) -> "_Room | None":
        if head is None:
            return None
        users: defaultdict[str, list[str]] = defaultdict(list)
        for user_id in head.joined() if audience.in_room(head) else ():
            its = users[domain_of(user_id)]
            if len(its) < MAX_USERS:
                its.append(user_id)
        return cls(head, audience, users)

    def servers_at(self, txn: Transaction, stored: Stored) -> ServerNames:
        there = self._known.get(stored.state)
        if there is None:
            there = self._known[stored.state] = self._servers_in(TreeView(txn, stored.state))
        return there | self._last_to(txn, stored)

    def _servers_in(self, state: TreeView) -> ServerNames:
        return frozenset(
            server
            for server in self._audience.in_room(self.head)
            if any(_is_joined(state, user_id) for user_id in self._users.get(server, ()))
        )

    def _last_to(self, txn: Transaction, stored: Stored) -> ServerNames:
        """The server of somebody who was put out."""
        event = stored.event
        target = event.state_key or ""
        if event.type != MEMBER or event.membership not in ("leave", "ban"):
            return NOBODY
        if not self._audience.is_reached(domain_of(target)):
            return NOBODY
        before = TreeView(txn, stored.state).get((MEMBER, target))
        was_there = before is not None and before.membership in ("join", "invite", "knock")
        return frozenset([domain_of(target)]) if was_there else NOBODY


def _is_joined(state: TreeView, user_id: str) -> bool:
    event = state.get((MEMBER, user_id))
    return event is not None and event.membership == "join"


def relayed(
    txn: Transaction, audience: Audience, position: int, event_id: str
) -> tuple[News, ServerNames] | None:
    """What to tell whom of an event that was handed in at this place of the number line."""
    stored = events.find(txn, event_id)
    head = None if stored is None else heads.load(txn, stored.event.room_id)
    if stored is None or head is None:
        return None
    servers = audience.in_room(head) - {domain_of(stored.event.sender)}
    return (News(position, Kind.EVENT, head.room, stored.position), servers) if servers else None
