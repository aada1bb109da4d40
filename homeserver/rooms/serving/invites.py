"""Invites of users of ours to rooms of other servers. Spec: Server-Server API, "Inviting to a
room".
"""

from attrs import frozen

from homeserver.errors import Forbidden, InvalidParam, MatrixError
from homeserver.events.event import Event
from homeserver.events.ids import domain_of
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.author import Author
from homeserver.rooms.incoming.checks import UNPROVED, Checks
from homeserver.rooms.out_of_band import note_membership
from homeserver.rooms.previews import MAX_EVENTS, stripped
from homeserver.rooms.server_access import check_acl
from homeserver.rooms.state_checks import StateChecks
from homeserver.storage import heads
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Invites:
    _db: Database
    _author: Author
    _members: StateChecks
    _checks: Checks

    async def take(
        self,
        origin: str,
        room_id: str,
        event_id: str,
        version_id: str,
        pdu: JsonObject,
        preview: JsonValue,
    ) -> JsonObject:
        """The invite with our signature; the user is told of it."""
        version = ROOM_VERSIONS.get(version_id)
        if version is None:
            raise MatrixError(
                "This server does not support the version of the room.",
                errcode="M_INCOMPATIBLE_ROOM_VERSION",
                room_version=version_id,
            )
        event = await self._checked(origin, room_id, event_id, version, pdu)
        signed = self._author.sign(event)
        if version.room_id_is_create_hash:
            await self._check_preview(origin, room_id, version, preview)
        shown = stripped(preview, version, room_id)
        await self._db.write(self._note, origin, signed, shown)
        return signed.pdu

    async def _check_preview(
        self, origin: str, room_id: str, version: RoomVersion, preview: JsonValue
    ) -> None:
        """A signature whose key cannot be had is no proof of anything: its server may be gone."""
        if not isinstance(preview, list) or len(preview) > MAX_EVENTS:
            raise InvalidParam(f"`invite_room_state` must hold at most {MAX_EVENTS} events.")
        checked = await self._checks.check(preview, version, room_id, origin)
        if len(checked.events) + len(checked.refused) < len(preview):
            raise InvalidParam("`invite_room_state` holds what is no event of the room.")
        if any(problem != UNPROVED for problem in checked.refused.values()):
            raise InvalidParam("`invite_room_state` holds an event whose signature is wrong.")
        if not any(event.type == "m.room.create" for event in checked.events.values()):
            raise InvalidParam("`invite_room_state` must hold the room's create event.")

    async def _checked(
        self, origin: str, room_id: str, event_id: str, version: RoomVersion, pdu: JsonObject
    ) -> Event:
        try:
            event = await self._checks.check_one(pdu, version, room_id)
        except (InvalidEvent, BadSignature) as error:
            raise InvalidParam(str(error)) from None
        if event.event_id != event_id:
            raise InvalidParam("The event has another id than the path says.")
        if event.type != "m.room.member" or event.membership != "invite":
            raise InvalidParam("This is no invite.")
        if event.sender_domain != origin:
            raise InvalidParam("A server may only invite in the name of its own users.")
        if domain_of(event.state_key or "") != self._author.server_name:
            raise InvalidParam("The invited user does not belong to this server.")
        return event

    def _note(self, txn: Transaction, origin: str, event: Event, preview: list[JsonObject]) -> None:
        user_id = event.state_key or ""
        self._members.check_invitee(txn, user_id, event.sender)
        head = heads.load(txn, event.room_id)
        if head is not None and self._author.server_name in head.servers:
            # The room itself will bring the invite.
            check_acl(txn, head, origin)
            if head.members.get(user_id) == "join":
                raise Forbidden("The user is in the room already.")
            return
        note_membership(txn, event, origin, preview)
