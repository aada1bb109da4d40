"""Joining rooms. Spec: Client-Server API, "Joining rooms", "Restricted rooms"."""

from collections.abc import Sequence

from attrs import evolve, frozen

from homeserver.errors import Forbidden, InvalidParam, MatrixError
from homeserver.events.ids import is_room_id
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.access import refuse_suspended
from homeserver.rooms.aliases import Aliases
from homeserver.rooms.blocking import check_not_blocked
from homeserver.rooms.carrying_over import carry_over
from homeserver.rooms.member_events import MemberEvents, with_membership
from homeserver.rooms.out_of_band import is_out_of_band
from homeserver.rooms.remote import RemoteRooms, RoomAddress
from homeserver.rooms.restricted import (
    UnableToAuthoriseJoin,
    UnableToGrantJoin,
    authorising_user,
)
from homeserver.rooms.state_checks import AUTHORISED_VIA
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_VIA = 20


class GuestsForbidden(MatrixError):
    status = 403
    errcode = "M_GUEST_ACCESS_FORBIDDEN"


@frozen(eq=False)
class Joining:
    _db: Database
    _members: MemberEvents
    _aliases: Aliases
    _remote: RemoteRooms

    async def join(
        self,
        requester: Requester,
        room: str,
        via: Sequence[str],
        extra: JsonObject,
        origin_server_ts: int | None = None,
    ) -> str:
        """Enter a room, given by id or alias; its id. Who is in already stays so."""
        refuse_suspended(requester)
        address = await address_of(self._aliases, room, via)
        ts = origin_server_ts
        if not await self._db.write(self._join, requester, address.room_id, extra, ts):
            content = with_membership("join", extra)
            await self._remote.join(requester.user_id, address, content)
        return address.room_id

    def _join(
        self,
        txn: Transaction,
        requester: Requester,
        room_id: str,
        extra: JsonObject,
        origin_server_ts: int | None,
    ) -> bool:
        """False if only another server can let the user in."""
        check_not_blocked(txn, room_id)
        head, user_id = timeline.head(txn, room_id), requester.user_id
        if head is None:
            return False
        if head.is_joined(user_id):
            return True
        own = self._members.author.server_name
        if is_elsewhere(head, own) or is_out_of_band(txn, user_id, room_id, own):
            return False
        if requester.is_guest and not welcomes_guests(txn, head):
            raise GuestsForbidden("This room does not let guests in.")
        content = with_membership("join", extra)
        try:
            authoriser = authorising_user(txn, head, user_id, own)
        except (UnableToAuthoriseJoin, UnableToGrantJoin) as error:
            if has_others(head, self._members):
                return False
            raise Forbidden(error.message) from None
        if authoriser is not None:
            content[AUTHORISED_VIA] = authoriser
        self._members.append(txn, head, user_id, user_id, content, origin_server_ts)
        carry_over(txn, head, user_id)
        return True


async def address_of(aliases: Aliases, room: str, via: Sequence[str]) -> RoomAddress:
    """The room that an id or an alias names, and the servers to ask for it."""
    if room.startswith("#"):
        found = await aliases.resolve(room)
        return evolve(found, via=(*via[:MAX_VIA], *found.via))
    if not is_room_id(room):
        raise InvalidParam("This is neither the id nor an alias of a room.")
    return RoomAddress(room, tuple(via[:MAX_VIA]))


def is_elsewhere(head: Head, own: str) -> bool:
    """Whether a room lives on without us: our copy of it has grown old."""
    return bool(head.servers) and own not in head.servers


def has_others(head: Head, members: MemberEvents) -> bool:
    """Whether users of other servers are in the room."""
    return any(server != members.author.server_name for server in head.servers)


def welcomes_guests(txn: Transaction, head: Head) -> bool:
    event = head.event(txn, "m.room.guest_access")
    return event is not None and event.event.content.get("guest_access") == "can_join"
