"""Inviting users of other servers. Spec: Server-Server API, "Inviting to a room"."""

from attrs import frozen

from homeserver.errors import Forbidden, MatrixError
from homeserver.events.auth_selection import CREATE
from homeserver.events.building import Draft
from homeserver.events.event import Event
from homeserver.events.ids import domain_of
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.json_values import JsonObject
from homeserver.peers.errors import PeerError
from homeserver.rooms.access import joined_head
from homeserver.rooms.author import Author
from homeserver.rooms.elsewhere.trying import as_matrix_error
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.rooms.previews import preview_pdus
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class RemoteInvites:
    _author: Author
    _receiving: Receiving

    async def invite(self, user_id: str, room_id: str, target: str, content: JsonObject) -> None:
        """Ask the user's server to sign the invite, then add it to the room."""
        db = self._receiving.db
        written = await db.write(self._write, user_id, room_id, target, content)
        if written is not None:
            await self.deliver(*written)

    async def deliver(self, event: Event, preview: list[JsonObject]) -> None:
        """Have an invite signed by its user's server, and add it to the room."""
        room_id, server = event.room_id, domain_of(event.state_key or "")
        body = {
            "room_version": event.version.id,
            "event": event.pdu,
            "invite_room_state": preview,
        }
        try:
            answer = await self._receiving.others.invite(server, room_id, event.event_id, body)
        except PeerError as error:
            raise as_matrix_error(error) from None
        signed = await self._signed(server, event, answer)
        problems = await self._receiving.take(self._author.server_name, room_id, [signed])
        if problem := problems[event.event_id]:
            raise Forbidden(problem)

    def _write(
        self, txn: Transaction, user_id: str, room_id: str, target: str, content: JsonObject
    ) -> tuple[Event, list[JsonObject]] | None:
        """The invite, not yet in the room; None if it stands already."""
        head = joined_head(txn, user_id, room_id)
        if head.members.get(target) == "invite":
            return None
        event = self._author.write(txn, head, user_id, Draft("m.room.member", content, target))
        create = head.event(txn, *CREATE)
        if create is None or create.event.content.get("m.federate") is False:
            raise Forbidden("This room is only for users of the server that made it.")
        return event, preview_pdus(txn, room_id, user_id)

    async def _signed(self, server: str, event: Event, answer: JsonObject) -> Event:
        try:
            checks = self._receiving.checks
            signed = await checks.check_one(answer, event.version, event.room_id, signed_by=server)
        except (InvalidEvent, BadSignature):
            signed = event
        if signed is event or signed.event_id != event.event_id:
            raise MatrixError(f"{server} did not sign the invite.", status=502)
        return signed
