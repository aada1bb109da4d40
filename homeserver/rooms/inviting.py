"""Inviting users. Spec: Client-Server API, POST /rooms/{roomId}/invite."""

from attrs import frozen

from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.access import joined_head, refuse_suspended
from homeserver.rooms.member_events import MemberEvents, check_user_id, with_membership
from homeserver.rooms.remote import RemoteRooms
from homeserver.rooms.state_checks import StateChecks
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Inviting:
    _db: Database
    _members: MemberEvents
    _checks: StateChecks
    _remote: RemoteRooms

    async def invite(
        self,
        requester: Requester,
        room_id: str,
        target: str,
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> None:
        """Ask a user in; to ask again changes nothing."""
        refuse_suspended(requester)
        check_user_id(target)
        if requester.is_shadow_banned:
            return
        if self.is_ours(target):
            await self._checks.prepare_invite(requester, target)
            ts = origin_server_ts
            await self._db.write(self._invite, requester.user_id, room_id, target, extra, ts)
        else:
            content = with_membership("invite", extra)
            await self._remote.invite(requester.user_id, room_id, target, content)

    def is_ours(self, user_id: str) -> bool:
        return self._members.is_ours(user_id)

    def _invite(
        self,
        txn: Transaction,
        sender: str,
        room_id: str,
        target: str,
        extra: JsonObject,
        origin_server_ts: int | None,
    ) -> None:
        head = joined_head(txn, sender, room_id)
        if head.members.get(target) != "invite":
            self.append(txn, head, sender, target, extra, origin_server_ts)

    def append(
        self,
        txn: Transaction,
        head: Head,
        sender: str,
        target: str,
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> Head:
        """Write the invite of one of our users."""
        content = with_membership("invite", extra)
        after = self._members.append(txn, head, sender, target, content, origin_server_ts)
        # Only now: who may not invite learns nothing about the user.
        self._checks.check_invitee(txn, target, sender)
        return after
