"""Which other servers are to have what; no work for each member of a room."""

from collections import OrderedDict

from immutables import Map

from homeserver.events.ids import domain_of
from homeserver.peers.admission import Admission
from homeserver.rooms.timeline import IN_ROOM, Appended
from homeserver.storage import heads, memberships
from homeserver.storage.heads import Head
from homeserver.storage.outgoing import ServerNames
from homeserver.storage.transaction import Transaction

NOBODY: ServerNames = frozenset()
MEMBER = "m.room.member"
MAX_ROOMS = 5_000


class Audience:
    """Servers with which this one does not talk are in none of the answers."""

    def __init__(
        self, server_name: str, admission: Admission, *, shows_device_names: bool = True
    ) -> None:
        self.server_name = server_name
        self._suffix = ":" + server_name
        self._admits = admission.admits
        self.shows_device_names = shows_device_names
        self._known: OrderedDict[str, tuple[Map[str, int], ServerNames]] = OrderedDict()

    def is_ours(self, user_id: str) -> bool:
        return user_id.endswith(self._suffix)

    def of_event(self, change: Appended) -> ServerNames:
        """Who is to have an event through us: it is of one of our users.

        The server of somebody who was put out, or whose invite was taken back, has it as its last.
        An invite goes to those who are in the room: its target has it by another way.
        """
        head, event = change.head, change.stored.event
        is_member = event.type == MEMBER
        if self.is_alone(head) and not is_member:
            return NOBODY
        # With the first event that we have of others' room, we joined: who let us in tells of it.
        if not event.sender.endswith(self._suffix) or not change.former.extremities:
            return NOBODY
        others = self.in_room(head)
        if is_member and change.former.members.get(event.state_key or "") in IN_ROOM:
            target = domain_of(event.state_key or "")
            if event.membership in ("leave", "ban") and self.is_reached(target):
                return others | {target}
        return others

    def in_room(self, head: Head) -> ServerNames:
        known = self._known.get(head.room_id)
        if known is not None and known[0] is head.servers:
            return known[1]
        others = frozenset(filter(self.is_reached, head.servers))
        self._known[head.room_id] = (head.servers, others)
        self._known.move_to_end(head.room_id)
        if len(self._known) > MAX_ROOMS:
            self._known.popitem(last=False)
        return others

    def is_alone(self, head: Head) -> bool:
        """Whether nobody of another server is in the room."""
        servers = head.servers
        return len(servers) == 1 and self.server_name in servers

    def of_user(self, txn: Transaction, user_id: str) -> ServerNames:
        """All that share a room with the user."""
        found: set[str] = set()
        for room_id, membership in memberships.of_user(txn, user_id).items():
            if membership.membership == "join":
                head = heads.load(txn, room_id)
                if head is not None and not self.is_alone(head):
                    found |= self.in_room(head)
        return frozenset(found)

    def is_reached(self, server: str) -> bool:
        return server != self.server_name and self._admits(server)
