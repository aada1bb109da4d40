"""Rooms and users of other servers, as the rest of this server sees them."""

from collections.abc import Awaitable, Callable

from attrs import frozen

from homeserver.errors import Forbidden, MatrixError, NotFound
from homeserver.events.event import Event
from homeserver.events.ids import domain_of, is_room_id, is_server_name
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from homeserver.peers.errors import NotAdmitted, PeerError, PeerUnreachable
from homeserver.rooms.elsewhere.drafts import Drafts
from homeserver.rooms.elsewhere.inviting import RemoteInvites
from homeserver.rooms.elsewhere.joining import RemoteJoins
from homeserver.rooms.elsewhere.trying import as_matrix_error, first_to_help
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.rooms.member_events import ProfileOf
from homeserver.rooms.out_of_band import note_membership
from homeserver.rooms.previews import stripped
from homeserver.rooms.remote import RoomAddress
from homeserver.storage import events, heads, memberships, names, room_previews
from homeserver.storage.transaction import Transaction

MAX_VIA = 50

CheckAdmitted = Callable[[str], None]
"""Raises NotAdmitted for a server that this one does not talk with."""


@frozen(eq=False)
class FederatedRooms:
    """The RemoteRooms of a server that talks to others."""

    _receiving: Receiving
    _joins: RemoteJoins
    _invites: RemoteInvites
    _drafts: Drafts
    _profile_of: ProfileOf
    _check_admitted: CheckAdmitted

    async def resolve(self, alias: str) -> RoomAddress:
        try:
            answer = await self._receiving.others.directory(domain_of(alias), alias)
        except PeerError as error:
            told = as_matrix_error(error)
            raise told if told.status in (403, 404) else NotFound(told.message) from None
        room_id, servers = answer.get("room_id"), answer.get("servers")
        if not isinstance(room_id, str) or not is_room_id(room_id):
            raise NotFound(f"{domain_of(alias)} does not tell where {alias} leads.")
        named = servers if isinstance(servers, list) else []
        via = [server for server in named if isinstance(server, str) and is_server_name(server)]
        return RoomAddress(room_id, tuple(via[:MAX_VIA]) or (domain_of(alias),))

    async def join(self, user_id: str, address: RoomAddress, content: JsonObject) -> None:
        content = await self._with_profile(user_id, content)

        async def join_through(server: str) -> None:
            await self._joins.join_through(server, user_id, address.room_id, content)

        await self._first_to_help(user_id, address, join_through)

    async def knock(self, user_id: str, address: RoomAddress, content: JsonObject) -> None:
        content, room_id = await self._with_profile(user_id, content), address.room_id
        others = self._receiving.others

        async def knock_at(server: str) -> None:
            proposal = await others.make("knock", server, room_id, user_id, list(ROOM_VERSIONS))
            event = self._drafts.finish(server, proposal, room_id, user_id, content)
            told = await others.send_knock(server, room_id, event.event_id, event.pdu)
            await self._note(event, server, stripped(told, event.version, room_id))

        await self._first_to_help(user_id, address, knock_at)

    async def leave(self, user_id: str, room_id: str, content: JsonObject) -> None:
        """Whoever is not heard of elsewhere is at least left in peace here."""
        others = self._receiving.others

        async def leave_through(server: str) -> None:
            proposal = await others.make("leave", server, room_id, user_id)
            event = self._drafts.finish(server, proposal, room_id, user_id, content)
            await others.send_leave(server, room_id, event.event_id, event.pdu)
            await self._note(event)

        try:
            await self._first_to_help(user_id, RoomAddress(room_id), leave_through)
        except MatrixError:
            own = await self._receiving.db.glance(_member_event, user_id, room_id)
            if own is None:
                raise
            await self._note(self._drafts.end(own, user_id, content))

    async def invite(self, user_id: str, room_id: str, target: str, content: JsonObject) -> None:
        self.check_invitable(target)
        await self._invites.invite(user_id, room_id, target, content)

    def check_invitable(self, user_id: str) -> None:
        try:
            self._check_admitted(domain_of(user_id))
        except NotAdmitted as error:
            raise Forbidden(str(error)) from None

    async def public_rooms(self, server: str, query: JsonObject) -> JsonObject:
        try:
            answer = await self._receiving.others.public_rooms(server, query)
        except PeerError as error:
            raise as_matrix_error(error) from None
        if not isinstance(answer.get("chunk"), list):
            raise as_matrix_error(PeerUnreachable(f"{server} shows no rooms."))
        return answer

    async def profile(self, user_id: str, field: str | None = None) -> JsonObject:
        try:
            return await self._receiving.others.profile(domain_of(user_id), user_id, field)
        except PeerError as error:
            told = as_matrix_error(error)
            raise told if told.status in (403, 404) else NotFound(told.message) from None

    # -- inside

    async def _first_to_help(
        self, user_id: str, address: RoomAddress, ask: Callable[[str], Awaitable[None]]
    ) -> None:
        """Those that were named, who told of the room, who invited the user, who made the room;
        last of all those that did not answer lately.
        """
        told = await self._receiving.db.glance(_servers, user_id, address.room_id)
        servers = (*address.via, *told, domain_of(address.room_id))
        known = [server for server in servers if is_server_name(server)]
        known.sort(key=self._receiving.others.is_silent)
        await first_to_help(known, self._receiving.server_name, ask)

    async def _with_profile(self, user_id: str, content: JsonObject) -> JsonObject:
        profile = await self._receiving.db.glance(self._profile_of, user_id)
        return {**profile, **content}

    async def _note(
        self, event: Event, server: str = "", preview: list[JsonObject] | None = None
    ) -> None:
        await self._receiving.db.write(note_membership, event, server, preview)


def _servers(txn: Transaction, user_id: str, room_id: str) -> list[str]:
    """Those that the user has to do with in this room, and others that are in it."""
    mine = memberships.of_user(txn, user_id).get(room_id)
    inviters = [domain_of(mine.sender)] if mine is not None else []
    teller = room_previews.server_of(txn, user_id, names.find(txn, room_id) or 0)
    head = heads.load(txn, room_id)
    return [teller, *inviters, *(list(head.servers) if head else [])]


def _member_event(txn: Transaction, user_id: str, room_id: str) -> Event | None:
    mine = memberships.of_user(txn, user_id).get(room_id)
    return None if mine is None else events.at(txn, mine.position).event
