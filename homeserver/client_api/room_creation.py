"""Spec: Client-Server API, "Creation"."""

from typing import cast

from attrs import evolve, frozen

from homeserver.errors import BadJson, Forbidden, InvalidParam
from homeserver.events.building import Draft
from homeserver.events.ids import domain_of, is_room_id
from homeserver.events.room_versions import room_version
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.batches import SpeaksFor
from homeserver.rooms.creation import Creation, NewRoom
from homeserver.rooms.presets import PRESETS, Preset

PLACES_FOR_HISTORY = 100_000
"""Before the first message of rooms that application services make (decision 0026)."""

NO_IDENTITY_SERVER = (
    "Nobody can be invited by e-mail address or telephone number here: "
    "this server works with no identity server."
)


@frozen(eq=False)
class RoomCreationEndpoints:
    _creation: Creation
    _server_name: str
    _default_version: str
    _speaks_for: SpeaksFor

    @route("POST", "/v3/createRoom", cost="join")
    async def create_room(self, request: Request) -> JsonObject:
        body = request.json_object()
        if field(body, "invite_3pid", list, []):
            raise Forbidden(NO_IDENTITY_SERVER)
        room_id = await self._creation.create(request.requester, self._wish(request, body))
        return {"room_id": room_id}

    def _wish(self, request: Request, body: JsonObject) -> NewRoom:
        public = is_public(body, "private")
        service = request.requester.appservice
        wish = NewRoom(
            version=room_version(field(body, "room_version", str, self._default_version)),
            preset=preset_of(field(body, "preset", str, None), public),
            is_published=public,
            alias=self._alias(field(body, "room_alias_name", str, None)),
            name=field(body, "name", str, ""),
            topic=field(body, "topic", str, ""),
            creation_content=field(body, "creation_content", dict, {}),
            power_level_override=field(body, "power_level_content_override", dict, {}),
            initial_state=tuple(map(state_event, field(body, "initial_state", list, []))),
            invite=tuple(dict.fromkeys(texts(field(body, "invite", list, [])))),
            is_direct=field(body, "is_direct", bool, False),
        )
        return self._wish_of_service(service, body, wish) if service else wish

    def _wish_of_service(self, service: str, body: JsonObject, wish: NewRoom) -> NewRoom:
        """What bridges add to it, in names of their own."""
        named = texts(field(body, "com.beeper.initial_members", list, []))
        if field(body, "com.beeper.auto_join_invites", bool, False):
            named += wish.invite
        members = [user_id for user_id in named if self._speaks_for(service, user_id)]
        wish = evolve(
            wish,
            members=tuple(dict.fromkeys(members)),
            places_for_history=PLACES_FOR_HISTORY,
        )
        room_id = field(body, "com.beeper.local_room_id", str, None)
        return self._with_id(wish, room_id, "room_version" in body) if room_id else wish

    def _with_id(self, wish: NewRoom, room_id: str, version_is_given: bool) -> NewRoom:
        if not is_room_id(room_id) or domain_of(room_id) != self._server_name:
            raise InvalidParam("`com.beeper.local_room_id` is no id of a room of this server.")
        if not wish.version.room_id_is_create_hash:
            return evolve(wish, room_id=room_id)
        if version_is_given:
            raise InvalidParam("The id of such a room cannot be chosen: ask for version 11.")
        return evolve(wish, room_id=room_id, version=room_version("11"))

    def _alias(self, localpart: str | None) -> str | None:
        if localpart is None:
            return None
        if not localpart or ":" in localpart or "\0" in localpart:
            raise InvalidParam("`room_alias_name` is the part of an alias between '#' and ':'.")
        return f"#{localpart}:{self._server_name}"


def is_public(body: JsonObject, default: str) -> bool:
    visibility = field(body, "visibility", str, default)
    if visibility not in ("public", "private"):
        raise InvalidParam("`visibility` must be 'public' or 'private'.")
    return bool(visibility == "public")


def preset_of(name: str | None, public: bool) -> Preset:
    if name is None:
        return "public_chat" if public else "private_chat"
    if name not in PRESETS:
        raise InvalidParam(f"`preset` must be one of {', '.join(PRESETS)}.")
    return cast(Preset, name)


def state_event(value: JsonValue) -> Draft:
    if not isinstance(value, dict):
        raise BadJson("`initial_state` must be a list of objects.")
    return Draft(
        field(value, "type", str), field(value, "content", dict), field(value, "state_key", str, "")
    )


def texts(values: list[JsonValue]) -> list[str]:
    if not all(isinstance(value, str) for value in values):
        raise BadJson("`invite` must be a list of strings.")
    return cast(list[str], values)
