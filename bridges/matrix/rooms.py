"""What the bridge does in rooms, as its bot or as a ghost."""

from typing import Protocol
from urllib.parse import quote

from attrs import field, frozen

from bridges.kit.json_values import JsonObject
from bridges.matrix.client import CLIENT, Client, MatrixError, Upload, room_path
from bridges.matrix.members import Members


class Sealing(Protocol):
    """Encrypts what is said in rooms where that is wanted."""

    def is_encrypted(self, room_id: str) -> bool: ...

    def furnished(self, options: JsonObject) -> JsonObject:
        """What rooms of ours are made with."""

    async def entered(self, room_id: str) -> None:
        """The bot is in a room that may be encrypted."""

    async def seal(
        self, room_id: str, type: str, content: JsonObject, transaction: str, user: str | None
    ) -> tuple[str, JsonObject]: ...

    def unsealed(self, event: JsonObject) -> JsonObject:
        """As it is, where it cannot be read."""


class InTheClear:
    """Where nothing is encrypted."""

    def is_encrypted(self, room_id: str) -> bool:
        return False

    def furnished(self, options: JsonObject) -> JsonObject:
        return options

    async def entered(self, room_id: str) -> None:
        return

    async def seal(
        self, room_id: str, type: str, content: JsonObject, transaction: str, user: str | None
    ) -> tuple[str, JsonObject]:
        return type, content

    def unsealed(self, event: JsonObject) -> JsonObject:
        return event


@frozen
class Rooms:
    _client: Client
    _sealing: Sealing = field(factory=InTheClear)
    members: Members = field(factory=Members)

    async def create(self, alias: str, domain: str, options: JsonObject) -> str:
        """Finds the room again where a first try was not remembered."""
        try:
            return await self.create_unnamed(options | {"room_alias_name": alias})
        except MatrixError as error:
            if error.errcode != "M_ROOM_IN_USE":
                raise
        path = f"{CLIENT}/directory/room/{quote(f'#{alias}:{domain}', safe='')}"
        room_id = str((await self._client.ask("GET", path))["room_id"])
        await self._sealing.entered(room_id)
        return room_id

    async def create_unnamed(self, options: JsonObject) -> str:
        """A room that nobody looks for by an alias."""
        body = self._sealing.furnished(options)
        room_id = str((await self._client.ask("POST", f"{CLIENT}/createRoom", body))["room_id"])
        await self._sealing.entered(room_id)
        return room_id

    async def drop_alias(self, alias: str, domain: str) -> None:
        path = f"{CLIENT}/directory/room/{quote(f'#{alias}:{domain}', safe='')}"
        await self._client.ask("DELETE", path)

    async def send(
        self,
        room_id: str,
        type: str,
        content: JsonObject,
        transaction: str,
        user: str | None,
        ts: int | None = None,
    ) -> str:
        sealing = self._sealing.seal(room_id, type, content, transaction, user)
        type, content = await sealing
        path = room_path(room_id, "send", type, transaction)
        when = {} if ts is None else {"ts": str(ts)}
        return str((await self._client.ask("PUT", path, content, user=user, **when))["event_id"])

    @property
    def client(self) -> Client:
        return self._client

    @property
    def sealing(self) -> Sealing:
        return self._sealing

    def is_encrypted(self, room_id: str) -> bool:
        return self._sealing.is_encrypted(room_id)

    async def redact(self, room_id: str, event_id: str, transaction: str, user: str | None) -> None:
        path = room_path(room_id, "redact", event_id, transaction)
        await self._client.ask("PUT", path, {}, user=user)

    async def event(self, room_id: str, event_id: str) -> JsonObject:
        event = await self._client.ask("GET", room_path(room_id, "event", event_id))
        return self._sealing.unsealed(event | {"room_id": room_id})

    async def set_state(
        self,
        room_id: str,
        type: str,
        content: JsonObject,
        user: str | None = None,
        key: str = "",
    ) -> None:
        await self._client.ask("PUT", room_path(room_id, "state", type, key), content, user=user)

    async def state(self, room_id: str, type: str, key: str) -> JsonObject | None:
        """None where there is no such state."""
        try:
            return await self._client.ask("GET", room_path(room_id, "state", type, key))
        except MatrixError as error:
            if error.status != 404:
                raise
            return None

    async def all_state(self, room_id: str) -> list[JsonObject]:
        return await self._client.ask_list("GET", room_path(room_id, "state"))

    async def joined(self, room_id: str) -> set[str]:
        answer = await self._client.ask("GET", room_path(room_id, "joined_members"))
        return set(answer["joined"])

    async def set_level(self, room_id: str, user_id: str, level: int) -> None:
        path = room_path(room_id, "state", "m.room.power_levels", "")
        content = await self._client.ask("GET", path)
        users = content.get("users", {}) | {user_id: level}
        await self._client.ask("PUT", path, content | {"users": users})

    async def invite(self, room_id: str, user_id: str, is_direct: bool = False) -> None:
        """As an event of state, which can say that the room is a conversation of two."""
        content: JsonObject = {"membership": "invite"}
        if is_direct:
            content["is_direct"] = True
        try:
            path = room_path(room_id, "state", "m.room.member", user_id)
            await self._client.ask("PUT", path, content)
        except MatrixError as error:
            # Is in the room already.
            if error.errcode != "M_FORBIDDEN":
                raise

    async def join(self, room_id: str, user: str | None = None) -> None:
        await self._client.ask("POST", room_path(room_id, "join"), {}, user=user)
        if user is None:
            await self._sealing.entered(room_id)

    async def leave(self, room_id: str, user: str | None, reason: str = "") -> None:
        body = {"reason": reason} if reason else {}
        try:
            await self._client.ask("POST", room_path(room_id, "leave"), body, user=user)
        except MatrixError as error:
            # Is not in the room.
            if error.status not in (403, 404):
                raise

    async def put_out(
        self, room_id: str, user_id: str, deed: str, reason: str, by: str | None
    ) -> None:
        """`deed`: "kick", "ban" or "unban"."""
        body = {"user_id": user_id} | ({"reason": reason} if reason else {})
        await self._client.ask("POST", room_path(room_id, deed), body, user=by)

    async def typing(self, room_id: str, user: str, seconds: int) -> None:
        body: JsonObject = {"typing": seconds > 0}
        if seconds > 0:
            body["timeout"] = seconds * 1000
        await self._client.ask("PUT", room_path(room_id, "typing", user), body, user=user)

    async def read(self, room_id: str, event_id: str, user: str | None = None) -> None:
        path = room_path(room_id, "receipt", "m.read", event_id)
        await self._client.ask("POST", path, {}, user=user)

    async def name_of(self, room_id: str, user_id: str) -> str:
        """The name by which a user goes in a room."""
        try:
            profile = await self.profile_of(room_id, user_id)
        except MatrixError:
            return user_id
        return str(profile.get("displayname") or user_id)

    async def profile_of(self, room_id: str, user_id: str) -> JsonObject:
        """What a member says of themselves in a room: name and picture, where there are any."""
        if (known := self.members.find(room_id, user_id)) is not None:
            return known
        content = await self.state(room_id, "m.room.member", user_id) or {}
        profile: JsonObject = {
            it: content[it] for it in ("displayname", "avatar_url") if it in content
        }
        self.members.remember(room_id, user_id, profile)
        return profile


@frozen
class Accounts:
    """The bot, its ghosts, and files."""

    _client: Client

    async def register(self, localpart: str) -> None:
        body = {
            "type": "m.login.application_service",
            "username": localpart,
            "inhibit_login": True,
        }
        try:
            await self._client.ask("POST", f"{CLIENT}/register", body)
        except MatrixError as error:
            if error.errcode != "M_USER_IN_USE":
                raise

    async def profile(self, user_id: str) -> JsonObject | None:
        """None: there is no such user."""
        try:
            return await self._client.ask("GET", f"{CLIENT}/profile/{quote(user_id, safe='')}")
        except MatrixError as error:
            if error.status != 404:
                raise
            return None

    async def set_name(self, user_id: str, name: str, user: str | None) -> None:
        path = f"{CLIENT}/profile/{quote(user_id, safe='')}/displayname"
        await self._client.ask("PUT", path, {"displayname": name}, user=user)

    async def set_picture(self, user_id: str, uri: str) -> None:
        path = f"{CLIENT}/profile/{quote(user_id, safe='')}/avatar_url"
        await self._client.ask("PUT", path, {"avatar_url": uri}, user=user_id)

    async def set_presence(self, user_id: str, state: str, text: str) -> None:
        path = f"{CLIENT}/presence/{quote(user_id, safe='')}/status"
        body = {"presence": state} | ({"status_msg": text} if text else {})
        await self._client.ask("PUT", path, body, user=user_id)

    async def upload(self, content: bytes, mime: str, name: str) -> str:
        path, body = "/_matrix/media/v3/upload", Upload(content, mime)
        return str((await self._client.ask("POST", path, body, filename=name))["content_uri"])

    async def download(self, uri: str, max_bytes: int) -> bytes:
        """Raises MatrixError where there is no such file, or a larger one."""
        server, _, media_id = uri.removeprefix("mxc://").partition("/")
        where = f"{quote(server, safe='')}/{quote(media_id, safe='')}"
        return await self._client.download(f"/_matrix/client/v1/media/download/{where}", max_bytes)
