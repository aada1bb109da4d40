"""What is asked of state beyond the room's own rules, before it is sent."""

from collections.abc import Awaitable, Callable

from attrs import evolve, frozen

from homeserver.errors import BadJson, InvalidParam, MatrixError, NotFound
from homeserver.events.building import Draft
from homeserver.events.ids import domain_of, is_room_alias
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.invite_permission import check_invite_permission
from homeserver.rooms.leaving import check_may_decline
from homeserver.rooms.remote import RemoteRooms
from homeserver.rooms.restricted import authorising_user
from homeserver.storage import aliases
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

CANONICAL_ALIAS = "m.room.canonical_alias"
MAX_ELSEWHERE = 10
"""So many aliases of other servers are looked up for one event."""

Names = frozenset[str]

UserExists = Callable[[Transaction, str], bool]

MakeUser = Callable[[str, str], Awaitable[None]]
"""Lets an application service make one of its users; raises NotFound. The second text is the
application service that wants to know, or empty."""


class BadAlias(MatrixError):
    errcode = "M_BAD_ALIAS"


@frozen(eq=False)
class StateChecks:
    _server_name: str
    _user_exists: UserExists
    _remote: RemoteRooms
    _make_user: MakeUser

    async def prepare_invite(self, requester: Requester, user_id: str) -> None:
        """Raises NotFound if the user is one of ours and will never be."""
        if domain_of(user_id) == self._server_name:
            await self._make_user(user_id, requester.appservice)

    async def aliases_elsewhere(self, room_id: str, draft: Draft, known: Names) -> Names:
        """The aliases of other servers in the draft that lead to the room, but for known ones."""
        if not names_room(draft):
            return frozenset()
        new = [
            alias
            for alias in named_aliases(draft.content)
            if alias not in known and is_room_alias(alias) and domain_of(alias) != self._server_name
        ]
        return frozenset([a for a in new[:MAX_ELSEWHERE] if await self._leads_to(a, room_id)])

    async def _leads_to(self, alias: str, room_id: str) -> bool:
        try:
            return (await self._remote.resolve(alias)).room_id == room_id
        except MatrixError:
            return False

    def check_state(
        self,
        txn: Transaction,
        head: Head,
        sender: str,
        draft: Draft,
        elsewhere: Names = frozenset(),
    ) -> Draft:
        """The draft as it may be sent; raises what the spec says.

        `elsewhere` are aliases of other servers that lead to the room.
        """
        if names_room(draft):
            check_canonical_alias(txn, head, draft.content, elsewhere)
        elif draft.type == "m.room.member":
            return self._check_member(txn, head, sender, draft)
        return draft

    def _check_member(self, txn: Transaction, head: Head, sender: str, draft: Draft) -> Draft:
        target, membership = draft.state_key or "", draft.content.get("membership")
        if membership == "invite":
            self.check_invitee(txn, target, sender)
        elif membership == "leave" and target == sender:
            check_may_decline(txn, sender, head.room_id)
        elif membership == "join" and target == sender:
            content = {k: v for k, v in draft.content.items() if k != AUTHORISED_VIA}
            authoriser = authorising_user(txn, head, sender, self._server_name)
            if authoriser is not None:
                content[AUTHORISED_VIA] = authoriser
            return evolve(draft, content=content)
        return draft

    def invites_elsewhere(self, draft: Draft) -> bool:
        """Whether the draft is an invite that another server must sign."""
        if draft.type != "m.room.member" or draft.content.get("membership") != "invite":
            return False
        server = domain_of(draft.state_key or "")
        return bool(server) and server != self._server_name

    async def invite_elsewhere(self, sender: str, room_id: str, draft: Draft) -> None:
        await self._remote.invite(sender, room_id, draft.state_key or "", draft.content)

    def check_invitee(self, txn: Transaction, user_id: str, inviter: str) -> None:
        """Raise unless the user can be invited at all."""
        if domain_of(user_id) != self._server_name:
            return self._remote.check_invitable(user_id)
        if not self._user_exists(txn, user_id):
            raise NotFound(f"There is no user {user_id} on this server.")
        check_invite_permission(txn, user_id, inviter)


AUTHORISED_VIA = "join_authorised_via_users_server"


def names_room(draft: Draft) -> bool:
    return draft.type == CANONICAL_ALIAS and draft.state_key == ""


def known_aliases(txn: Transaction, head: Head | None) -> Names:
    """Those that the room names already."""
    current = head.event(txn, CANONICAL_ALIAS) if head else None
    return frozenset(named_aliases(current.event.content) if current else ())


def check_canonical_alias(
    txn: Transaction, head: Head, content: JsonObject, elsewhere: Names
) -> None:
    """Aliases that the room has not named before must lead to it."""
    known = known_aliases(txn, head) | elsewhere
    for alias in named_aliases(content, strict=True):
        if alias in known:
            continue
        if not is_room_alias(alias):
            raise InvalidParam(f"{alias!r} is not a room alias: one looks like #room:example.org.")
        found = aliases.find(txn, alias)
        if found is None or found.room_id != head.room_id:
            raise BadAlias(f"The alias {alias} does not point to this room.")


def named_aliases(content: JsonObject, *, strict: bool = False) -> list[str]:
    """All aliases in a m.room.canonical_alias event; `strict` refuses what is of a wrong type."""
    alias, others = content.get("alias"), content.get("alt_aliases")
    values: list[JsonValue] = [alias] if alias else []
    values += others if isinstance(others, list) else []
    names = [value for value in values if isinstance(value, str)]
    if strict and (len(names) < len(values) or not isinstance(others, list | None)):
        raise BadJson("`alias` must be a string, and `alt_aliases` a list of strings.")
    return names
