"""Creating rooms. Spec: Client-Server API, "Creation"."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.errors import BadJson, Forbidden, InvalidParam, MatrixError
from homeserver.events.building import Draft
from homeserver.events.ids import is_user_id
from homeserver.events.room_versions import RoomVersion
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.rooms import timeline
from homeserver.rooms.access import refuse_suspended
from homeserver.rooms.aliases import Aliases, RoomInUse
from homeserver.rooms.inviting import Inviting
from homeserver.rooms.opening import Opening
from homeserver.rooms.presets import (
    EncryptionByDefault,
    Preset,
    power_levels,
    preset_state,
    topic,
)
from homeserver.rooms.state_checks import StateChecks
from homeserver.storage import aliases, history_places, room_directory
from homeserver.storage.aliases import Alias
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_INVITES = 200
MAX_INITIAL_STATE = 200
MAX_MEMBERS = 5_000
MEMBERS_AT_ONCE = 25
"""In one transaction: others get their turn."""

log = logger(__name__)


@frozen(kw_only=True)
class NewRoom:
    """What somebody wishes a room to be. `alias` is whole: #name:example.org."""

    version: RoomVersion
    preset: Preset
    is_published: bool = False
    alias: str | None = None
    name: str = ""
    topic: str = ""
    creation_content: JsonObject
    power_level_override: JsonObject
    initial_state: tuple[Draft, ...] = ()
    invite: tuple[str, ...] = ()
    is_direct: bool = False
    members: tuple[str, ...] = ()
    """Users who are in the room from the start, for whom their service speaks."""
    room_id: str | None = None
    """As an application service wants it; None for one that is made up."""
    places_for_history: int = 0
    """Left free before the first message."""

    @property
    def is_trusted(self) -> bool:
        return self.preset == "trusted_private_chat"


class InvalidRoomState(MatrixError):
    errcode = "M_INVALID_ROOM_STATE"


@frozen(eq=False)
class CreationRules:
    checks: StateChecks
    encryption: EncryptionByDefault


@frozen(eq=False)
class Creation:
    """A room comes into being whole, in one transaction, or not at all."""

    _db: Database
    _opening: Opening
    _aliases: Aliases
    _inviting: Inviting
    _rules: CreationRules

    async def create(self, requester: Requester, wish: NewRoom) -> str:
        """The new room's id."""
        refuse_suspended(requester)
        check_wish(wish)
        if wish.alias is not None:
            self._aliases.check_ours(requester, wish.alias)
        for user_id in wish.invite:
            await self._rules.checks.prepare_invite(requester, user_id)
        room_id = await self._db.write(self._create, requester.user_id, wish)
        for start in range(0, len(wish.members), MEMBERS_AT_ONCE):
            some = wish.members[start : start + MEMBERS_AT_ONCE]
            await self._db.write(self._enter, requester.user_id, room_id, some, direct(wish))
        for user_id in wish.invite:
            if not self._inviting.is_ours(user_id):
                await self._invite_elsewhere(requester, room_id, user_id, direct(wish))
        return room_id

    async def _invite_elsewhere(
        self, requester: Requester, room_id: str, user_id: str, extra: JsonObject
    ) -> None:
        """The room is there, whatever another server says to its invite."""
        try:
            await self._inviting.invite(requester, room_id, user_id, extra)
        except MatrixError as error:
            log.info("%s could not be invited to a new room: %s", user_id, error.message)

    def _create(self, txn: Transaction, creator: str, wish: NewRoom) -> str:
        if wish.alias is not None and aliases.find(txn, wish.alias) is not None:
            raise RoomInUse(f"The alias {wish.alias} already exists.")
        if wish.room_id is not None and timeline.head(txn, wish.room_id) is not None:
            raise RoomInUse(f"The room {wish.room_id} already exists.")
        content = creation_content(wish)
        head = self._opening.open(txn, wish.version, creator, content, wish.room_id)
        if wish.alias is not None:
            aliases.insert(txn, Alias(wish.alias, head.room_id, creator))
        head = self._set_state(txn, head, creator, wish)
        for user_id in wish.invite:
            if user_id in wish.members:
                continue
            if self._inviting.is_ours(user_id):
                head = self._inviting.append(txn, head, creator, user_id, direct(wish))
            else:
                self._rules.checks.check_invitee(txn, user_id, creator)
        if wish.is_published:
            room_directory.publish(txn, head.room_id)
        if wish.places_for_history:
            history_places.reserve(txn, head.room, wish.places_for_history)
        return head.room_id

    def _enter(
        self, txn: Transaction, creator: str, room_id: str, users: Sequence[str], extra: JsonObject
    ) -> None:
        head = timeline.head(txn, room_id)
        for user_id in users:
            if head is not None and not head.is_joined(user_id):
                head = self._inviting.append(txn, head, creator, user_id, extra)
                head = self._opening.members.append(
                    txn, head, user_id, user_id, {"membership": "join"}
                )

    def _set_state(self, txn: Transaction, head: Head, creator: str, wish: NewRoom) -> Head:
        for draft in initial_state(wish, creator, self._rules.encryption):
            try:
                checked = self._rules.checks.check_state(txn, head, creator, draft)
                head = self._opening.set(txn, head, creator, checked)
            except Forbidden as error:
                raise InvalidRoomState(f"{draft.type}: {error.message}") from None
        return head


def direct(wish: NewRoom) -> JsonObject:
    """What the invites to a chat of two say besides."""
    return {"is_direct": True} if wish.is_direct else {}


def check_wish(wish: NewRoom) -> None:
    if len(wish.invite) > MAX_INVITES:
        raise InvalidParam(f"A new room may have {MAX_INVITES} invites; send others afterwards.")
    if len(wish.members) > MAX_MEMBERS:
        raise InvalidParam(f"A new room may have {MAX_MEMBERS} members; let others join later.")
    if len(wish.initial_state) > MAX_INITIAL_STATE:
        raise InvalidParam(f"A new room may begin with {MAX_INITIAL_STATE} events of state.")
    if any(draft.type == "m.room.create" for draft in wish.initial_state):
        raise InvalidParam("`initial_state` cannot hold m.room.create: use `creation_content`.")
    if not all(map(is_user_id_value, wish.invite)):
        raise InvalidParam("`invite` must be a list of user ids.")
    content = wish.creation_content
    if not isinstance(content.get("m.federate", True), bool):
        raise BadJson("`m.federate` must be true or false.")
    if not isinstance(content.get("type", ""), str):
        raise BadJson("`type` must be a string.")
    check_additional_creators(content.get("additional_creators", []))


def check_additional_creators(users: object) -> None:
    if not isinstance(users, list) or not all(map(is_user_id_value, users)):
        raise InvalidParam("`additional_creators` must be a list of user ids.")


def is_user_id_value(value: object) -> bool:
    return isinstance(value, str) and is_user_id(value)


def creation_content(wish: NewRoom) -> JsonObject:
    """The server decides over `creator` and `room_version`; trusted invitees become creators."""
    content = {
        name: value
        for name, value in wish.creation_content.items()
        if name not in ("creator", "room_version")
    }
    if wish.version.privileged_creators:
        more = [*content.pop("additional_creators", ()), *(wish.invite if wish.is_trusted else ())]
        if more:
            content["additional_creators"] = list(dict.fromkeys(more))
    return content


def initial_state(wish: NewRoom, creator: str, encryption: EncryptionByDefault) -> list[Draft]:
    """Everything between the creator's join and the invites, in the order of the spec."""
    admins = (creator, *(wish.invite if wish.is_trusted else ()))
    levels = power_levels(wish.version, wish.preset, admins, wish.power_level_override)
    drafts = [Draft("m.room.power_levels", levels, "")]
    if wish.alias is not None:
        drafts.append(Draft("m.room.canonical_alias", {"alias": wish.alias}, ""))
    named = [Draft("m.room.name", {"name": wish.name}, "")] if wish.name else []
    named += [topic(wish.topic)] if wish.topic else []
    own = without(wish.initial_state, named)
    return [*drafts, *without(preset_state(wish.preset, encryption), own), *own, *named]


def without(drafts: "tuple[Draft, ...] | list[Draft]", later: list[Draft]) -> list[Draft]:
    """Those drafts that no later one overwrites."""
    places = {(draft.type, draft.state_key) for draft in later}
    return [draft for draft in drafts if (draft.type, draft.state_key) not in places]
