"""Kicking, banning and unbanning users. Spec: Client-Server API, "Banning users in a room"."""

from attrs import frozen

from homeserver.errors import Forbidden, MatrixError
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.access import joined_head, refuse_suspended
from homeserver.rooms.member_events import MemberEvents, check_user_id, with_membership
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


class BadState(MatrixError):
    status = 403
    errcode = "M_BAD_STATE"


@frozen
class Change:
    """Of the membership of `target`."""

    target: str
    content: JsonObject
    origin_server_ts: int | None
    unbans: bool = False


@frozen(eq=False)
class Removing:
    """Whoever does this must be in the room, and have the power."""

    _db: Database
    _members: MemberEvents

    async def kick(
        self,
        requester: Requester,
        room_id: str,
        target: str,
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> None:
        change = Change(target, with_membership("leave", extra), origin_server_ts)
        await self._change(requester, room_id, change)

    async def ban(
        self,
        requester: Requester,
        room_id: str,
        target: str,
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> None:
        change = Change(target, with_membership("ban", extra), origin_server_ts)
        await self._change(requester, room_id, change)

    async def unban(
        self,
        requester: Requester,
        room_id: str,
        target: str,
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> None:
        change = Change(target, with_membership("leave", extra), origin_server_ts, unbans=True)
        await self._change(requester, room_id, change)

    async def _change(self, requester: Requester, room_id: str, change: Change) -> None:
        refuse_suspended(requester)
        check_user_id(change.target)
        await self._db.write(self._write, requester.user_id, room_id, change)

    def _write(self, txn: Transaction, sender: str, room_id: str, change: Change) -> None:
        head, target, content = joined_head(txn, sender, room_id), change.target, change.content
        current = head.event(txn, "m.room.member", target)
        if current and (current.event.content, current.event.sender) == (content, sender):
            return
        if change.unbans and not is_banned(txn, head, target):
            raise BadState(f"{target} is not banned from this room.")
        kicks = content["membership"] == "leave" and not change.unbans
        if kicks and head.members.get(target) is None:
            raise Forbidden(f"{target} is not in this room.")
        self._members.append(txn, head, sender, target, content, change.origin_server_ts)


def is_banned(txn: Transaction, head: Head, user_id: str) -> bool:
    event = head.event(txn, "m.room.member", user_id)
    return event is not None and event.event.membership == "ban"
