"""What other servers may know of a space and the rooms in it. Spec: Server-Server API, "Spaces"."""

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.events.ids import domain_of
from homeserver.events.membership import join_rule_in
from homeserver.json_values import JsonObject
from homeserver.rooms.first_sight import OPEN_TO_ALL, local_head, summary_of
from homeserver.rooms.reading import is_world_readable
from homeserver.rooms.restricted import RESTRICTED, allowed_rooms
from homeserver.rooms.space_rooms import room_here
from homeserver.rooms.state_view import StateView
from homeserver.storage import heads
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Spaces:
    _server_name: str
    _db: Database

    async def hierarchy(self, origin: str, room_id: str, suggested_only: bool) -> JsonObject:
        """The room and its children; raises NotFound."""
        return await self._db.read(self._hierarchy, origin, room_id, suggested_only)

    def _hierarchy(
        self, txn: Transaction, origin: str, room_id: str, suggested_only: bool
    ) -> JsonObject:
        head = local_head(txn, room_id, self._server_name)
        if head is None or not server_may_know(txn, head, origin):
            raise NotFound("This room is not known here, or nothing for you to know of.")
        room = room_here(txn, head, suggested_only)
        children: list[JsonObject] = []
        closed: list[str] = []
        for link in room.links:
            child = local_head(txn, link["state_key"], self._server_name)
            if child is None:
                continue
            if server_may_know(txn, child, origin):
                children.append(dict(summary_of(txn, child)))
            else:
                closed.append(child.room_id)
        return {"room": room.shown(), "children": children, "inaccessible_children": closed}


def server_may_know(txn: Transaction, head: Head, server: str) -> bool:
    """Whether one of its users might."""
    if server in head.servers or is_world_readable(txn, head):
        return True
    rule = join_rule_in(StateView(txn, head))
    if rule in OPEN_TO_ALL and rule in head.version.join_rules:
        return True
    if any(domain_of(user_id) == server for user_id in head.members):
        return True
    if rule not in RESTRICTED or not head.version.restricted:
        return False
    others = (heads.load(txn, room_id) for room_id in allowed_rooms(txn, head))
    return any(other is not None and server in other.servers for other in others)
