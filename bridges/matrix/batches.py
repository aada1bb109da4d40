"""Many events of long ago at once (com.beeper.backfill), where the homeserver offers it."""

from urllib.parse import quote

from attrs import frozen

from bridges.kit.json_values import JsonObject
from bridges.matrix.client import Client, MatrixError, room_path
from bridges.matrix.rooms import Sealing

FEATURE = "com.beeper.batch_sending"
TOKEN = "org.isthmus.batch"
"""In each event: the batch, and the event's place in it. It means nothing to anybody else."""
LOOKED_THROUGH = 2000


@frozen
class Past:
    sender: str
    type: str
    content: JsonObject
    ts: int


@frozen
class Batches:
    _client: Client
    _sealing: Sealing

    async def are_offered(self) -> bool:
        answer = await self._client.ask("GET", "/_matrix/client/versions")
        features = answer.get("unstable_features")
        return isinstance(features, dict) and features.get(FEATURE) is True

    async def send(self, room_id: str, past: list[Past], token: str) -> list[str]:
        """The oldest first; they go before everything that was said. Their ids.

        Raises `Unanswered`: then `find` tells whether they are there.
        """
        events = []
        for place, one in enumerate(past):
            name = f"{token}.{place}"
            sealing = self._sealing.seal(room_id, one.type, one.content, name, one.sender)
            type, content = await sealing
            events.append(
                {
                    "type": type,
                    "sender": one.sender,
                    "origin_server_ts": one.ts,
                    "content": content | {TOKEN: [token, place]},
                }
            )
        base = "/_matrix/client/unstable/com.beeper.backfill/rooms"
        path = f"{base}/{quote(room_id, safe='')}/batch_send"
        answer = await self._client.ask_once("POST", path, {"events": events})
        return [str(it) for it in answer["event_ids"]]

    async def find(self, room_id: str, token: str, count: int) -> list[str] | None:
        """The ids of a batch whose answer was lost; None if it has never arrived.

        What was put in last stands at the beginning of the room.
        """
        found: dict[int, str] = {}
        start, looked = "", 0
        while looked < LOOKED_THROUGH:
            path = room_path(room_id, "messages")
            query = {"dir": "f", "limit": "200"} | ({"from": start} if start else {})
            page = await self._client.ask("GET", path, None, user=None, **query)
            for event in page.get("chunk", []):
                mark = event.get("content", {}).get(TOKEN)
                if isinstance(mark, list) and mark[:1] == [token]:
                    found[mark[1]] = event["event_id"]
            looked += len(page.get("chunk", []))
            if len(found) == count:
                return [found[place] for place in range(count)]
            if "end" not in page or not page.get("chunk"):
                return None
            start = page["end"]
        return None


def has_no_place(error: MatrixError) -> bool:
    """The room takes no history, now or later."""
    return error.status in (400, 403, 404, 409)
