"""Management rooms, and what people may ask there."""

import logging

from attrs import define

from bridges.kit.failures import NetworkFailure
from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.portals.login_commands import LoginCommands
from bridges.portals.permissions import Level, Permissions
from bridges.portals.replies import Deed, Deeds, Replies, Said
from bridges.storage import places

log = logging.getLogger(__name__)


@define(eq=False)
class Commands:
    _ground: Ground
    _permissions: Permissions
    _replies: Replies
    _logins: LoginCommands
    _deeds: Deeds

    def __attrs_post_init__(self) -> None:
        self._deeds = {"help": Deed("help: this list", self._help)} | self._deeds

    async def stop(self) -> None:
        await self._logins.stop()

    async def handle(self, event: JsonObject) -> None:
        """An event of a room that is no portal, or one that begins with our prefix."""
        try:
            if event["type"] == "m.room.member":
                await self._member(event)
            elif event["type"] == "m.room.message" and event["content"].get("msgtype") == "m.text":
                await self._message(event)
        except MatrixError as error:
            log.warning("A command is left alone: %s", error)

    async def _member(self, event: JsonObject) -> None:
        if event.get("state_key") != self._ground.names.bot:
            return
        if event["content"].get("membership") != "invite":
            return
        room_id, user_id = event["room_id"], event["sender"]
        if self._permissions.level(user_id) < Level.USER:
            await self._ground.rooms.leave(room_id, None)
            return
        await self._ground.rooms.join(room_id)
        said = Said(room_id, event["event_id"], user_id, [])
        info = self._ground.network.info
        if event["content"].get("is_direct") is True or await self._are_alone(room_id):
            await self._ground.db.write(places.save_management_room, room_id, user_id)
            await self._logins.welcome(user_id)
            text = f"This is the bridge to {info.name}. Say `help` or `login`."
        else:
            text = (
                f"This is the bridge to {info.name}. A moderator may say "
                f"`{info.command_prefix} plumb NAME` to join this room to a chat."
            )
        await self._replies.reply(said, text)

    async def _are_alone(self, room_id: str) -> bool:
        """Only somebody and the bot: whatever is said here is said to it."""
        return len(await self._ground.rooms.joined(room_id)) <= 2

    async def _message(self, event: JsonObject) -> None:
        room_id, user_id = event["room_id"], event["sender"]
        words = str(event["content"].get("body", "")).split()
        prefix = self._ground.network.info.command_prefix
        is_ours = await self._ground.db.write(places.is_management_room, room_id)
        if words[:1] == [prefix]:
            words = words[1:]
        elif not is_ours:
            return
        if self._permissions.level(user_id) < Level.USER or not words:
            return
        said = Said(room_id, event["event_id"], user_id, words)
        if not await self._logins.answers(said):
            await self._obey(said)

    async def _obey(self, said: Said) -> None:
        deed = self._deeds.get(said.words[0].casefold())
        try:
            if deed is None:
                await self._replies.reply(said, "I do not know that. Say `help`.")
            else:
                await deed.do(said)
        except NetworkFailure as error:
            await self._replies.reply(said, str(error))
        except MatrixError as error:
            log.warning("A command fails: %s", error)
            await self._replies.reply(said, f"The homeserver refuses that: {error}")

    async def _help(self, said: Said) -> None:
        await self._replies.reply(said, "\n".join(deed.help for deed in self._deeds.values()))
