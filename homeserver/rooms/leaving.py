"""Leaving rooms, and forgetting them. Spec: Client-Server API, "Leaving rooms"."""

from attrs import frozen

from homeserver.errors import Forbidden, MatrixError
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.rooms import timeline
from homeserver.rooms.access import NOT_IN_ROOM
from homeserver.rooms.member_events import MemberEvents, with_membership
from homeserver.rooms.out_of_band import is_out_of_band
from homeserver.rooms.remote import RemoteRooms
from homeserver.rooms.timeline import IN_ROOM
from homeserver.storage import memberships, server_notices
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

log = logger(__name__)

NOTICE_TAG = "m.server_notice"


class CannotLeaveServerNoticeRoom(MatrixError):
    status = 403
    errcode = "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM"


BATCH = 25
"""So many rooms are left in one piece of work: the writer has others to serve."""


@frozen(eq=False)
class Leaving:
    _db: Database
    _members: MemberEvents
    _remote: RemoteRooms

    async def leave(
        self,
        requester: Requester,
        room_id: str,
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> None:
        """Leave a room, decline its invite, or take a knock back."""
        user_id, ts = requester.user_id, origin_server_ts
        if not await self._db.write(self._leave_by_choice, user_id, room_id, extra, ts):
            content = with_membership("leave", extra)
            await self._remote.leave(requester.user_id, room_id, content)

    def _leave_by_choice(
        self,
        txn: Transaction,
        user_id: str,
        room_id: str,
        extra: JsonObject,
        origin_server_ts: int | None,
    ) -> bool:
        check_may_decline(txn, user_id, room_id)
        return self._leave(txn, user_id, room_id, extra, origin_server_ts)

    def _leave(
        self,
        txn: Transaction,
        user_id: str,
        room_id: str,
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> bool:
        """False if the room is only known from another server's invite."""
        known = memberships.of_user(txn, user_id).get(room_id)
        if known is None:
            raise Forbidden(NOT_IN_ROOM)
        if known.membership == "leave":
            return True
        head = timeline.head(txn, room_id)
        own = self._members.author.server_name
        if head is None or is_out_of_band(txn, user_id, room_id, own):
            return False
        content = with_membership("leave", extra)
        self._members.append(txn, head, user_id, user_id, content, origin_server_ts)
        return True

    async def leave_all_rooms(self, user_id: str) -> None:
        """For an account that ends."""
        rooms = [
            room_id
            for room_id, mine in (await self._db.glance(memberships.of_user, user_id)).items()
            if mine.membership in IN_ROOM
        ]
        for start in range(0, len(rooms), BATCH):
            await self._db.write(self._leave_several, user_id, rooms[start : start + BATCH])

    def _leave_several(self, txn: Transaction, user_id: str, rooms: list[str]) -> None:
        for room_id in rooms:
            try:
                if not self._leave(txn, user_id, room_id, {}):
                    log.warning("an ended account stays invited to a room of another server")
            except MatrixError as error:
                log.warning("an ended account could not leave a room: %s", error.errcode)

    async def joined_rooms(self, user_id: str) -> list[str]:
        mine = await self._db.glance(memberships.of_user, user_id)
        return [room_id for room_id, it in mine.items() if it.membership == "join"]

    async def memberships(self, user_id: str) -> dict[str, str]:
        """By room, also of rooms that were left."""
        mine = await self._db.glance(memberships.of_user, user_id)
        return {room_id: it.membership for room_id, it in mine.items()}

    async def forget(self, user_id: str, room_id: str) -> None:
        await self._db.write(forget, user_id, room_id)


def check_may_decline(txn: Transaction, user_id: str, room_id: str) -> None:
    """What the server has to say can be left, but not declined. Spec: "Server Notices"."""
    known = memberships.of_user(txn, user_id).get(room_id)
    is_invited = known is not None and known.membership == "invite"
    if is_invited and server_notices.room_of(txn, user_id) == room_id:
        raise CannotLeaveServerNoticeRoom("The server's notices cannot be declined.")


def forget(txn: Transaction, user_id: str, room_id: str) -> None:
    """Hide a room that the user has left."""
    known = memberships.of_user(txn, user_id).get(room_id)
    if known is None:
        raise MatrixError("You have never been in this room.")
    if known.membership in IN_ROOM:
        raise MatrixError("You must leave the room before you forget it.")
    if not known.forgotten:
        memberships.forget(txn, user_id, room_id)
