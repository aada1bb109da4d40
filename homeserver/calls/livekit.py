"""What this server asks of LiveKit. Facts: LiveKit documentation, "RoomService API"."""

from attrs import frozen

from homeserver.calls.identities import Seat
from homeserver.calls.livekit_tokens import LiveKitTokens
from homeserver.errors import MatrixError
from homeserver.http.client import Answer, Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.json_values import JsonObject, encode
from homeserver.logs import logger

LIMITS = Limits(seconds=10.0, size=1024 * 1024)
EMPTY_ROOM_S = 300
"""How long a room waits for the first one to come."""
DEPARTURE_S = 20
"""How long it waits when the last one has gone: who lost the connection comes back."""

log = logger(__name__)


class LiveKitAway(MatrixError):
    status = 502
    errcode = "M_UNKNOWN"


@frozen
class LiveKit:
    _api_url: str
    _tokens: LiveKitTokens
    _client: Client

    async def open_room(self, room: str) -> None:
        """Make the room, unless it is there already."""
        timeouts = {"empty_timeout": EMPTY_ROOM_S, "departure_timeout": DEPARTURE_S}
        answer = await self._ask("CreateRoom", room, {"name": room, **timeouts})
        if answer.status != 200:
            raise refused("CreateRoom", answer)

    async def is_present(self, seat: Seat) -> bool:
        answer = await self._ask("GetParticipant", seat.room, of(seat))
        if answer.status not in (200, 404):
            raise refused("GetParticipant", answer)
        return answer.status == 200

    async def put_out(self, seat: Seat) -> None:
        """Nothing happens where the participant has gone already."""
        answer = await self._ask("RemoveParticipant", seat.room, of(seat))
        if answer.status not in (200, 404):
            raise refused("RemoveParticipant", answer)

    async def _ask(self, method: str, room: str, body: JsonObject) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._tokens.for_ourselves(room)}",
            "Content-Type": "application/json",
        }
        url = f"{self._api_url}/twirp/livekit.RoomService/{method}"
        try:
            return await self._client.request(Outgoing("POST", url, headers, encode(body)), LIMITS)
        except OutgoingError as error:
            log.warning("LiveKit does not answer %s: %s", method, error)
            raise LiveKitAway("The server that carries calls does not answer.") from None


def of(seat: Seat) -> JsonObject:
    return {"room": seat.room, "identity": seat.identity}


def refused(method: str, answer: Answer) -> LiveKitAway:
    log.warning("LiveKit refused %s with status %d", method, answer.status)
    return LiveKitAway("The server that carries calls refused what this server asked of it.")
