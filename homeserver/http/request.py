"""A request as endpoints see it: parts read on demand, with the spec's error for what is wrong."""

from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from homeserver.errors import BadJson, InvalidParam, MissingParam, NotJson
from homeserver.http.bodies import BodyFile
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, JsonValue, decode

MAX_PARAMETERS = 100
MAX_REMEMBERED = 1000
UNREAD = object()


class Request:
    """`requester` says who asks; it is set before an endpoint that needs it is called.

    A large body of a route that takes files is in `body_file`, and `body` is empty.
    """

    __slots__ = (
        "_json",
        "_parameters",
        "body",
        "body_file",
        "client_ip",
        "headers",
        "method",
        "path",
        "query",
        "requester",
    )

    requester: Requester

    def __init__(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[bytes, bytes],
        body: bytes,
        client_ip: str,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.body_file: BodyFile | None = None
        self.client_ip = client_ip
        self._json: JsonValue = UNREAD
        self._parameters: dict[str, list[str]] | None = None

    # -- who asks

    @property
    def user_id(self) -> str:
        return self.requester.user_id

    @property
    def device_id(self) -> str:
        """Empty for an application service that does not speak for a device."""
        return self.requester.device_id

    @property
    def origin(self) -> str:
        """The server that asks; empty where a user does."""
        return self.requester.origin

    def access_token(self) -> str | None:
        """Only the header carries one since MSC4127."""
        value = self.headers.get(b"authorization")
        if value and value[:7].lower() == b"bearer ":
            return value[7:].strip().decode("ascii", "replace")
        return None

    # -- the body

    def json(self) -> JsonValue:
        """Read once: what a server has signed is looked at before its endpoint wants it."""
        if self._json is UNREAD:
            try:
                self._json = decode(self.body)
            except ValueError as error:
                raise NotJson(f"The body of the request is not valid JSON: {error}.") from None
        return self._json

    def json_object(self) -> JsonObject:
        value = self.json()
        if not isinstance(value, dict):
            raise BadJson("The body of the request must be a JSON object.")
        return value

    def json_object_or_empty(self) -> JsonObject:
        """For endpoints whose body may be left out."""
        return self.json_object() if self.body else {}

    # -- the query string

    @property
    def parameters(self) -> dict[str, list[str]]:
        if self._parameters is None:
            self._parameters = {}
            for name, value in self._parse_query() if self.query else ():
                self._parameters.setdefault(name, []).append(value)
        return self._parameters

    def text(self, name: str, default: str = "") -> str:
        values = self.parameters.get(name)
        return values[0] if values else default

    def optional_text(self, name: str) -> str | None:
        values = self.parameters.get(name)
        return values[0] if values else None

    def required_text(self, name: str) -> str:
        if (value := self.optional_text(name)) is None:
            raise MissingParam(f"The query parameter '{name}' is missing.")
        return value

    def integer(
        self, name: str, default: int, *, minimum: int = 0, maximum: int = 2**53 - 1
    ) -> int:
        """Values above `maximum` are lowered to it; what is no number, or too small, is refused."""
        text = self.optional_text(name)
        if text is None:
            return default
        digits = text[1:] if text.startswith("-") else text
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
            raise InvalidParam(f"The query parameter '{name}' must be an integer.")
        if int(text) < minimum:
            raise InvalidParam(f"The query parameter '{name}' must be at least {minimum}.")
        return min(int(text), maximum)

    def boolean(self, name: str, default: bool = False) -> bool:
        text = self.optional_text(name)
        if text is None:
            return default
        if text not in ("true", "false"):
            raise InvalidParam(f"The query parameter '{name}' must be 'true' or 'false'.")
        return text == "true"

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        text = self.text(name, default)
        if text not in allowed:
            raise InvalidParam(f"The query parameter '{name}' must be one of {', '.join(allowed)}.")
        return text

    def direction(self) -> str:
        """`dir` of paginated endpoints: "b" or "f"."""
        self.required_text("dir")
        return self.choice("dir", "", ("b", "f"))

    def _parse_query(self) -> list[tuple[str, str]]:
        if "%00" in self.query:
            # No parameter holds one, and PostgreSQL could not look for it.
            raise InvalidParam("The query string holds a NUL character.")
        pairs = self.query.split("&")
        if len(pairs) > MAX_PARAMETERS:
            raise InvalidParam(f"The query string has more than {MAX_PARAMETERS} parameters.")
        try:
            return [plain_pair(pair) for pair in pairs if pair]
        except ValueError:
            raise InvalidParam("The query string is not valid UTF-8.") from None


def plain_pair(pair: str) -> tuple[str, str]:
    """Name and value of a part of a query string; raises ValueError for what is not UTF-8."""
    if not pair.isascii():
        pair = pair.encode("latin-1").decode()
    if "%" not in pair and "+" not in pair:
        name, _, value = pair.partition("=")
        return name, value
    # Clients repeat themselves: the same filter comes with each of their syncs.
    return decoded_pair(pair) if len(pair) < MAX_REMEMBERED else decode_pair(pair)


def decode_pair(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")


decoded_pair = lru_cache(maxsize=1000)(decode_pair)


def header(request: Request, name: str) -> str:
    """The header's value, or an empty text."""
    return request.headers.get(name.lower().encode(), b"").decode("latin-1")


_MISSING: Any = object()


def field(body: JsonObject, name: str, kind: type, default: Any = _MISSING) -> Any:
    """A member of a JSON object, of the kind it must be; `null` counts as absent where there is a
    default.
    """
    value = body.get(name, _MISSING)
    if value is _MISSING or (value is None and default is not _MISSING):
        if default is _MISSING:
            raise MissingParam(f"'{name}' is missing.")
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadJson(f"'{name}' must be {_KINDS.get(kind, kind.__name__)}.")
    return value


_KINDS = {
    str: "a string",
    int: "an integer",
    bool: "true or false",
    dict: "an object",
    list: "an array",
}
