"""What requests for a part of a room's history have in common."""

from homeserver.errors import BadJson, InvalidParam
from homeserver.events.filters import RoomEventFilter
from homeserver.http.request import Request
from homeserver.json_values import decode
from homeserver.rooms.tokens import read_token

DEFAULT_LIMIT = 10
MAX_LIMIT = 1000


def token_of(request: Request, name: str) -> int | None:
    """The place of a token in the query; some clients send an empty one for none."""
    text = request.text(name)
    return read_token(text) if text else None


def limit_of(request: Request, default: int = DEFAULT_LIMIT, maximum: int = MAX_LIMIT) -> int:
    """Clients that ask for none get one: they go by what they get."""
    return max(1, request.integer("limit", default, maximum=maximum))


def filter_of(request: Request) -> RoomEventFilter:
    """The RoomEventFilter in the query."""
    text = request.text("filter")
    if not text:
        return RoomEventFilter()
    try:
        value = decode(text)
    except ValueError:
        raise InvalidParam("The query parameter 'filter' must be JSON.") from None
    if not isinstance(value, dict):
        raise InvalidParam("The query parameter 'filter' must be a JSON object.")
    try:
        return RoomEventFilter.parse(value)
    except BadJson as error:
        raise InvalidParam(error.message) from None
