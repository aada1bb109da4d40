"""Names of rooms. Spec: Client-Server API, "Room aliases"."""

from collections.abc import Awaitable, Callable

from attrs import frozen

from homeserver.errors import Forbidden, InvalidParam, MatrixError, NotFound
from homeserver.events.building import Draft
from homeserver.events.ids import domain_of, is_room_alias
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.access import NOT_IN_ROOM, joined_head, refuse_suspended
from homeserver.rooms.author import Author
from homeserver.rooms.remote import RemoteRooms, RoomAddress
from homeserver.rooms.state_view import StateView
from homeserver.storage import aliases, heads
from homeserver.storage.aliases import Alias
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_SERVERS = 50
"""Named with an alias."""

IsReserved = Callable[[str, str], bool]
"""Whether an alias is not for the application service named, or if it is empty for a person."""


MakeRoom = Callable[[str], Awaitable[bool]]
"""Lets an application service make the room that an alias of its names; whether one has."""


class RoomInUse(MatrixError):
    errcode = "M_ROOM_IN_USE"


@frozen(eq=False)
class Aliases:
    _db: Database
    _author: Author
    _remote: RemoteRooms
    _is_reserved: IsReserved
    _make_room: MakeRoom

    # -- finding rooms

    async def resolve(self, alias: str) -> RoomAddress:
        """Where the alias leads, here or on another server; raises NotFound."""
        check_alias(alias)
        if domain_of(alias) != self._author.server_name:
            return await self._remote.resolve(alias)
        try:
            return await self._db.glance(self._resolve, alias)
        except NotFound:
            if not await self._make_room(alias):
                raise
        return await self._db.glance(self._resolve, alias)

    def _resolve(self, txn: Transaction, alias: str) -> RoomAddress:
        found = aliases.find(txn, alias)
        if found is None:
            raise NotFound(f"There is no room of the name {alias}.")
        return RoomAddress(found.room_id, self._servers(heads.load(txn, found.room_id)))

    def _servers(self, head: Head | None) -> tuple[str, ...]:
        """Those in the room, ours first."""
        own = self._author.server_name
        found = head.servers if head else ()
        return (own, *[server for server in found if server != own][: MAX_SERVERS - 1])

    async def of_room(self, user_id: str, room_id: str) -> list[str]:
        return await self._db.read(self._of_room, user_id, room_id)

    def _of_room(self, txn: Transaction, user_id: str, room_id: str) -> list[str]:
        head = heads.load(txn, room_id)
        if head is None or not (head.is_joined(user_id) or is_world_readable(txn, head)):
            raise Forbidden(NOT_IN_ROOM)
        return aliases.of_room(txn, room_id)

    # -- naming them

    async def create(self, requester: Requester, alias: str, room_id: str) -> None:
        refuse_suspended(requester)
        self.check_ours(requester, alias)
        await self._db.write(self._create, requester, alias, room_id)

    def check_ours(self, requester: Requester, alias: str) -> None:
        """Raise unless the requester may make an alias of this name, if it is free."""
        check_alias(alias)
        if domain_of(alias) != self._author.server_name:
            raise InvalidParam(f"This server only has aliases that end in {self._ending}.")
        if self._is_reserved(alias, requester.appservice):
            raise MatrixError(
                "This alias is in no namespace of the application service."
                if requester.appservice
                else "This alias is reserved by an application service.",
                errcode="M_EXCLUSIVE",
            )

    @property
    def _ending(self) -> str:
        return ":" + self._author.server_name

    def _create(self, txn: Transaction, requester: Requester, alias: str, room_id: str) -> None:
        joined_head(txn, requester.user_id, room_id)
        if not aliases.insert(txn, Alias(alias, room_id, requester.user_id)):
            raise MatrixError(f"The alias {alias} already exists.", status=409)

    async def delete(self, requester: Requester, alias: str) -> None:
        refuse_suspended(requester)
        self.check_ours(requester, alias)
        await self._db.write(self._delete, requester, alias)

    def _delete(self, txn: Transaction, requester: Requester, alias: str) -> None:
        found = aliases.find(txn, alias)
        if found is None:
            raise NotFound(f"There is no room of the name {alias}.")
        head = heads.load(txn, found.room_id)
        user_id = requester.user_id
        # A service has full control over the aliases in its namespaces.
        allowed = found.creator == user_id or requester.is_admin or bool(requester.appservice)
        if not allowed and not (head and may_name(txn, head, user_id)):
            raise Forbidden("Only who made an alias, or may name its room, can remove it.")
        aliases.delete(txn, alias)
        if head is not None:
            self._forget_canonical(txn, head, user_id, alias)

    def _forget_canonical(self, txn: Transaction, head: Head, user_id: str, alias: str) -> None:
        """The room stops to advertise the name, if the user may make it."""
        current = head.event(txn, "m.room.canonical_alias")
        content = current.event.content if current else {}
        kept = without_alias(content, alias)
        if kept == content or not may_name(txn, head, user_id):
            return
        draft = Draft("m.room.canonical_alias", kept, "")
        timeline.append(txn, head, self._author.write(txn, head, user_id, draft))


def check_alias(alias: str) -> None:
    if not is_room_alias(alias):
        raise InvalidParam("This is not a room alias: one looks like #room:example.org.")


def may_name(txn: Transaction, head: Head, user_id: str) -> bool:
    """Whether a user decides what the room is called: also, here, if it is published."""
    levels = StateView(txn, head).power_levels()
    needed = levels.to_send("m.room.canonical_alias", True)
    return head.is_joined(user_id) and levels.user(user_id) >= needed


def is_world_readable(txn: Transaction, head: Head) -> bool:
    event = head.event(txn, "m.room.history_visibility")
    return event is not None and event.event.content.get("history_visibility") == "world_readable"


def without_alias(content: JsonObject, alias: str) -> JsonObject:
    """The content of a m.room.canonical_alias event that does not name the alias."""
    kept = {k: v for k, v in content.items() if not (k == "alias" and v == alias)}
    others = content.get("alt_aliases")
    if isinstance(others, list) and alias in others:
        kept["alt_aliases"] = [other for other in others if other != alias]
        if not kept["alt_aliases"]:
            del kept["alt_aliases"]
    return kept
