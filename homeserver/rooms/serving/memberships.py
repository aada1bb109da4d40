"""Users of other servers who come, go and knock. Spec: Server-Server API, "Joining Rooms",
"Leaving Rooms", "Knocking upon a room".
"""

from collections.abc import Collection

from attrs import frozen

from homeserver.errors import Forbidden, InvalidParam, MatrixError
from homeserver.events.building import Draft
from homeserver.events.event import Event
from homeserver.events.ids import domain_of
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.events.received import take
from homeserver.events.resolution.sources import UnresolvableState
from homeserver.events.signatures import signing_servers
from homeserver.json_values import JsonObject
from homeserver.rooms.author import Author
from homeserver.rooms.heroes import count, has_name, heroes_of
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.rooms.previews import preview_pdus
from homeserver.rooms.restricted import authorising_user
from homeserver.rooms.server_access import check_acl, room_here
from homeserver.rooms.serving.handing_out import (
    auth_chain,
    pdus_at,
    state_positions,
    without_members,
)
from homeserver.rooms.state_checks import AUTHORISED_VIA
from homeserver.storage import events, handed_in
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MEMBER = "m.room.member"


@frozen(eq=False)
class Memberships:
    _db: Database
    _author: Author
    _receiving: Receiving

    # -- proposing

    async def propose(
        self, membership: str, origin: str, room_id: str, user_id: str, versions: Collection[str]
    ) -> JsonObject:
        """An event to be finished by the user's server; `versions` are those that it knows."""
        if domain_of(user_id) != origin:
            raise Forbidden("Only a user's own server may ask this.")
        return await self._db.read(self._propose, membership, origin, room_id, user_id, versions)

    def _propose(
        self,
        txn: Transaction,
        membership: str,
        origin: str,
        room_id: str,
        user_id: str,
        versions: Collection[str],
    ) -> JsonObject:
        head = room_here(txn, self._author.server_name, room_id)
        check_acl(txn, head, origin)
        if membership != "leave" and head.version.id not in versions:
            raise MatrixError(
                f"The room has version {head.version.id}, which your server does not know.",
                errcode="M_INCOMPATIBLE_ROOM_VERSION",
                room_version=head.version.id,
            )
        content: JsonObject = {"membership": membership}
        if membership == "join":
            authoriser = authorising_user(txn, head, user_id, self._author.server_name)
            if authoriser is not None:
                content[AUTHORISED_VIA] = authoriser
        draft = Draft(MEMBER, content, user_id)
        pdu = self._author.propose(txn, head, user_id, draft)
        pdu["origin"] = self._author.server_name
        return {"room_version": head.version.id, "event": pdu}

    # -- taking

    async def join(
        self, origin: str, room_id: str, event_id: str, pdu: JsonObject, omit_members: bool
    ) -> JsonObject:
        """Let a user in; the state of the room that their server will begin with."""
        event = await self._take("join", origin, room_id, event_id, pdu)
        return await self._db.read(self._welcome, event.event_id, omit_members)

    async def leave(self, origin: str, room_id: str, event_id: str, pdu: JsonObject) -> None:
        await self._take("leave", origin, room_id, event_id, pdu)

    async def knock(
        self, origin: str, room_id: str, event_id: str, pdu: JsonObject
    ) -> list[JsonObject]:
        """What somebody at the door may know of the room."""
        await self._take("knock", origin, room_id, event_id, pdu)
        return await self._db.read(_preview, room_id)

    async def _take(
        self, membership: str, origin: str, room_id: str, event_id: str, pdu: JsonObject
    ) -> Event:
        head = await self._db.glance(self._open_to, room_id, origin)
        try:
            pdu = self._countersign(take(pdu, head.version).event)
            event = await self._receiving.checks.check_one(pdu, head.version, room_id)
        except (InvalidEvent, BadSignature) as error:
            raise InvalidParam(str(error)) from None
        check_member_event(event, membership, event_id, origin)
        try:
            problems = await self._receiving.take(origin, room_id, [event])
        except UnresolvableState:
            raise Forbidden("The state before this event cannot be worked out.") from None
        if problem := problems[event.event_id]:
            raise Forbidden(problem)
        await self._db.write(_hand_in, room_id, event.event_id)
        return event

    def _countersign(self, event: Event) -> JsonObject:
        """The word of a user of ours lets others into restricted rooms; nobody else may give it."""
        needs_ours = self._author.server_name in signing_servers(event.pdu, event.version)
        return self._author.sign(event).pdu if needs_ours else event.pdu

    def _open_to(self, txn: Transaction, room_id: str, origin: str) -> Head:
        head = room_here(txn, self._author.server_name, room_id)
        check_acl(txn, head, origin)
        return head

    def _welcome(self, txn: Transaction, event_id: str, omit_members: bool) -> JsonObject:
        join = _stored(txn, event_id)
        head = room_here(txn, self._author.server_name, join.event.room_id)
        if omit_members:
            positions = without_members(txn, join.state, _told(txn, head, join))
        else:
            positions = state_positions(txn, join.state)
        state = events.at_all(txn, positions)
        ids = {stored.event.event_id for stored in state.values()}
        chain = auth_chain(txn, [join.event, *(it.event for it in state.values())])
        left = [s.position for id, s in chain.items() if not omit_members or id not in ids]
        answer: JsonObject = {
            "origin": self._author.server_name,
            "state": pdus_at(txn, list(state)),
            "auth_chain": pdus_at(txn, left),
            "event": join.event.pdu,
            "members_omitted": omit_members,
        }
        if omit_members:
            answer["servers_in_room"] = _servers_before(head, join.event)
        return answer


def check_member_event(event: Event, membership: str, event_id: str, origin: str) -> None:
    """Raise unless it is what a server may send for its user."""
    if event.event_id != event_id:
        raise InvalidParam("The event has another id than the path says.")
    if event.type != MEMBER or event.membership != membership:
        raise InvalidParam(f"This is not an m.room.member event of membership {membership}.")
    if event.sender != event.state_key or event.sender_domain != origin:
        raise InvalidParam("A server may only do this for its own users, and for each by himself.")


def _servers_before(head: Head, join: Event) -> list[str]:
    """The servers that were in the room when the user came."""
    alone = head.servers.get(join.sender_domain) == 1
    return [server for server in head.servers if not alone or server != join.sender_domain]


def _told(txn: Transaction, head: Head, join: Stored) -> set[str]:
    """Of whom is told even without members: who enters, who let them in, and who gives a room
    without a name its name.
    """
    user_id, authoriser = join.event.sender, join.event.content.get(AUTHORISED_VIA)
    told = {user_id, authoriser} if isinstance(authoriser, str) else {user_id}
    return told if has_name(txn, head) else told.union(heroes_of(count(head), head, user_id))


def _stored(txn: Transaction, event_id: str) -> Stored:
    stored = events.find(txn, event_id)
    if stored is None:
        raise Forbidden("The room does not accept this event.")
    return stored


def _hand_in(txn: Transaction, room_id: str, event_id: str) -> None:
    if _stored(txn, event_id).place is None:
        raise Forbidden("The room does not let you do this any more.")
    handed_in.add(txn, room_id, event_id)


def _preview(txn: Transaction, room_id: str) -> list[JsonObject]:
    return preview_pdus(txn, room_id)
