"""Commands as they are said, and how the bot answers."""

from collections.abc import Awaitable, Callable

from attrs import frozen

from bridges.kit.json_values import JsonObject
from bridges.portals.ground import Ground


@frozen
class Said:
    """A command as it was said."""

    room_id: str
    event_id: str
    user_id: str
    words: list[str]

    @property
    def rest(self) -> str:
        """What follows the command."""
        return " ".join(self.words[1:])


@frozen
class Deed:
    """`help` is a line: what it does, and what it wants to know."""

    help: str
    do: Callable[[Said], Awaitable[None]]


Deeds = dict[str, Deed]


@frozen
class Replies:
    _ground: Ground

    async def reply(self, said: Said, text: str, unique: str = "") -> None:
        content = {"msgtype": "m.notice", "body": text}
        await self.send(said, content, f"reply.{said.event_id}.{unique}")

    async def send(self, said: Said, content: JsonObject, transaction: str) -> str:
        return await self._ground.rooms.send(
            said.room_id, "m.room.message", content, transaction, None
        )
