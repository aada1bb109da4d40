"""Words from the bridge to one of its users, in their management room."""

from secrets import token_hex

from attrs import frozen

from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.storage import places


@frozen
class Notices:
    _ground: Ground

    async def tell(self, user_id: str, text: str) -> None:
        room_id = await self._ground.db.write(places.management_room_of, user_id)
        if room_id is None:
            return
        content = {"msgtype": "m.notice", "body": text}
        try:
            await self._ground.rooms.send(room_id, "m.room.message", content, token_hex(8), None)
        except MatrixError:
            # We were put out of the room: there is nowhere to say it.
            return
