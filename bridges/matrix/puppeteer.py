"""What the bridge does in the name of people, by its second registration."""

from urllib.parse import quote

from attrs import frozen

from bridges.kit.json_values import JsonObject
from bridges.matrix.client import CLIENT, Client, MatrixError
from bridges.matrix.rooms import Rooms

MAX_DIRECT = 5000


@frozen
class Puppeteer:
    """Each call names the person; without one nothing is said."""

    _client: Client

    @property
    def _rooms(self) -> Rooms:
        return Rooms(self._client)

    async def join(self, room_id: str, user: str) -> None:
        await self._rooms.join(room_id, user)

    async def send(
        self,
        room_id: str,
        type: str,
        content: JsonObject,
        transaction: str,
        user: str,
        ts: int | None = None,
    ) -> str:
        return await self._rooms.send(room_id, type, content, transaction, user, ts)

    async def read(self, room_id: str, event_id: str, user: str) -> None:
        await self._rooms.read(room_id, event_id, user)

    async def typing(self, room_id: str, user: str, seconds: int) -> None:
        await self._rooms.typing(room_id, user, seconds)

    async def mark_direct(self, user: str, ghost: str, room_id: str) -> None:
        """Added to what the person has there."""
        path = f"{CLIENT}/user/{quote(user, safe='')}/account_data/m.direct"
        try:
            known = await self._client.ask("GET", path, user=user)
        except MatrixError as error:
            if error.status != 404:
                raise
            known = {}
        rooms = known.get(ghost)
        listed = [it for it in rooms if isinstance(it, str)] if isinstance(rooms, list) else []
        if room_id not in listed and len(known) < MAX_DIRECT:
            await self._client.ask("PUT", path, known | {ghost: [*listed, room_id]}, user=user)

    async def mute(self, user: str, room_id: str) -> None:
        """By a rule for the room. Spec: "Push Rules"."""
        path = f"{CLIENT}/pushrules/global/room/{quote(room_id, safe='')}"
        await self._client.ask("PUT", path, {"actions": []}, user=user)
