"""Asking to be let in. Spec: Client-Server API, "Knocking on rooms"."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.access import refuse_suspended
from homeserver.rooms.aliases import Aliases
from homeserver.rooms.joining import address_of, is_elsewhere
from homeserver.rooms.member_events import MemberEvents, with_membership
from homeserver.rooms.remote import RemoteRooms
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Knocking:
    _db: Database
    _members: MemberEvents
    _aliases: Aliases
    _remote: RemoteRooms

    async def knock(
        self, requester: Requester, room: str, via: Sequence[str], extra: JsonObject
    ) -> str:
        """Knock on a room, given by id or alias; its id. To knock again changes nothing."""
        refuse_suspended(requester)
        address = await address_of(self._aliases, room, via)
        if not await self._db.write(self._knock, requester.user_id, address.room_id, extra):
            content = with_membership("knock", extra)
            await self._remote.knock(requester.user_id, address, content)
        return address.room_id

    def _knock(self, txn: Transaction, user_id: str, room_id: str, extra: JsonObject) -> bool:
        """False if only another server can take the knock."""
        head = timeline.head(txn, room_id)
        own = self._members.author.server_name
        if head is None or is_elsewhere(head, own):
            return False
        if head.members.get(user_id) != "knock":
            self._members.append(txn, head, user_id, user_id, with_membership("knock", extra))
        return True
