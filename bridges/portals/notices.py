"""Words from the bridge to one of its users, in their management room."""

import logging
from secrets import token_hex

from attrs import frozen

from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.storage import places

log = logging.getLogger(__name__)


@frozen
class Notices:
    _ground: Ground

    async def tell(self, user_id: str, text: str) -> None:
        """Who has no management room (any more) is invited into a new one."""
        try:
            room_id = await self._ground.db.write(places.management_room_of, user_id)
            if room_id is None or not await self._say(room_id, text):
                await self._say(await self._make(user_id), text)
        except MatrixError as error:
            log.warning("A user cannot be told: %s", error)

    async def _say(self, room_id: str, text: str) -> bool:
        content = {"msgtype": "m.notice", "body": text}
        try:
            await self._ground.rooms.send(room_id, "m.room.message", content, token_hex(8), None)
        except MatrixError as error:
            # We were put out of the room.
            if error.errcode != "M_FORBIDDEN":
                raise
            await self._ground.db.write(places.forget_management_room, room_id)
            return False
        return True

    async def _make(self, user_id: str) -> str:
        name = f"{self._ground.network.info.name} bridge"
        options = {"preset": "trusted_private_chat", "is_direct": True, "name": name}
        room_id = await self._ground.rooms.create_unnamed(options | {"invite": [user_id]})
        await self._ground.db.write(places.save_management_room, room_id, user_id)
        return room_id
