"""Invites to an address that turns out to be somebody's of another server.

Spec: Server-Server API, "Third-party invites".
"""

from collections.abc import Iterable

from attrs import frozen

from homeserver.errors import Forbidden, InvalidParam, MatrixError, NotFound
from homeserver.events.auth_selection import third_party_invite_token
from homeserver.events.building import Draft
from homeserver.events.event import Event
from homeserver.events.ids import domain_of, is_room_id, is_user_id
from homeserver.http.request import field
from homeserver.json_values import JsonObject, JsonValue
from homeserver.logs import logger
from homeserver.peers.errors import PeerError
from homeserver.rooms import timeline
from homeserver.rooms.author import Author
from homeserver.rooms.elsewhere.inviting import RemoteInvites
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.rooms.previews import preview_pdus
from homeserver.rooms.server_access import check_acl, room_here
from homeserver.rooms.state_checks import StateChecks
from homeserver.storage import accounts
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_INVITES = 20
"""In one message of an identity server."""

log = logger(__name__)


@frozen
class Bound:
    """An invite that is waiting for its user: `content` is the member event's."""

    room_id: str
    sender: str
    user_id: str
    content: JsonObject

    def as_event(self) -> JsonObject:
        """What the inviting server is asked to make an event of."""
        return {
            "type": "m.room.member",
            "room_id": self.room_id,
            "sender": self.sender,
            "state_key": self.user_id,
            "content": self.content,
        }


@frozen(eq=False)
class ThirdPartyInvites:
    _author: Author
    _receiving: Receiving
    _invites: RemoteInvites
    _checks: StateChecks

    # -- another server's user was meant by one of ours

    async def exchange(self, origin: str, room_id: str, body: JsonObject) -> None:
        """Invite the user, if the identity server has signed that it is the one who was meant."""
        wanted = read_event(body)
        if wanted.room_id != room_id:
            raise InvalidParam("The event belongs to another room than the path says.")
        if domain_of(wanted.user_id) != origin:
            raise Forbidden("A server asks this for its own users.")
        if domain_of(wanted.sender) != self._author.server_name:
            raise Forbidden("The invite was sent by a user of another server.")
        event, preview = await self._receiving.db.write(self._write, origin, wanted)
        await self._invites.deliver(event, preview)

    def _write(
        self, txn: Transaction, origin: str, wanted: Bound
    ) -> tuple[Event, list[JsonObject]]:
        head = room_here(txn, self._author.server_name, wanted.room_id)
        check_acl(txn, head, origin)
        event = self._author.write(txn, head, wanted.sender, draft_of(txn, head, wanted))
        return event, preview_pdus(txn, wanted.room_id, wanted.sender)

    # -- a user of ours was meant

    async def bound(self, body: JsonObject) -> None:
        """An identity server tells that an address is now a user's, and who has invited it."""
        user_id, invites = field(body, "mxid", str), field(body, "invites", list)
        field(body, "medium", str)
        field(body, "address", str)
        if domain_of(user_id) != self._author.server_name:
            raise NotFound("This user belongs to another server.")
        if not await self._receiving.db.glance(accounts.exists, user_id):
            raise NotFound("There is no such user here.")
        for wanted in read_invites(user_id, invites[:MAX_INVITES]):
            try:
                await self._take_up(wanted)
            except (MatrixError, PeerError) as error:
                log.info("an invite by address to %s came to nothing: %s", wanted.room_id, error)

    async def _take_up(self, wanted: Bound) -> None:
        server = domain_of(wanted.sender)
        if server == self._author.server_name:
            await self._receiving.db.write(self._invite_here, wanted)
        else:
            others = self._receiving.others
            await others.exchange_third_party_invite(server, wanted.room_id, wanted.as_event())

    def _invite_here(self, txn: Transaction, wanted: Bound) -> None:
        head = room_here(txn, self._author.server_name, wanted.room_id)
        self._checks.check_invitee(txn, wanted.user_id, wanted.sender)
        draft = draft_of(txn, head, wanted)
        timeline.append(txn, head, self._author.write(txn, head, wanted.sender, draft))


def draft_of(txn: Transaction, head: Head, wanted: Bound) -> Draft:
    """The invite under the name that stands in the room; who may send it, its rules say."""
    content = wanted.content
    sent = head.event(txn, "m.room.third_party_invite", third_party_invite_token(content) or "")
    if sent is not None:
        name = sent.event.content.get("display_name")
        shown = {"display_name": name if isinstance(name, str) else ""}
        content = {**content, "third_party_invite": {**content["third_party_invite"], **shown}}
    return Draft("m.room.member", content, wanted.user_id)


def read_event(body: JsonObject) -> Bound:
    content = field(body, "content", dict)
    if field(body, "type", str) != "m.room.member" or content.get("membership") != "invite":
        raise InvalidParam("This is no invite.")
    invite = field(content, "third_party_invite", dict)
    name, signed = field(invite, "display_name", str), field(invite, "signed", dict)
    return _bound(
        field(body, "room_id", str),
        field(body, "sender", str),
        field(body, "state_key", str),
        {"display_name": name, "signed": signed},
    )


def read_invites(user_id: str, invites: Iterable[JsonValue]) -> Iterable[Bound]:
    for invite in invites:
        if not isinstance(invite, dict):
            raise InvalidParam("An invite must be an object.")
        # The name that stands in the room is not told here; the address would tell too much.
        content = {"display_name": "", "signed": field(invite, "signed", dict)}
        yield _bound(field(invite, "room_id", str), field(invite, "sender", str), user_id, content)


def _bound(room_id: str, sender: str, user_id: str, invite: JsonObject) -> Bound:
    if not is_room_id(room_id) or not is_user_id(sender) or not is_user_id(user_id):
        raise InvalidParam("An invite has a room, a sender, and a user who is invited.")
    return Bound(room_id, sender, user_id, {"membership": "invite", "third_party_invite": invite})
