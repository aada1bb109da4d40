"""What other servers tell that is no event of a room: typing, receipts, presence, messages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.json_values import JsonObject, JsonValue
from homeserver.logs import logger

Handler = Callable[[str, JsonObject], Awaitable[None]]
"""Takes the server that tells, and the content. Raises MatrixError for what is not in order."""

log = logger(__name__)


@frozen(eq=False)
class Edus:
    """Handlers by `edu_type`. What nobody handles, or cannot be handled, is passed over."""

    _handlers: Mapping[str, Handler]

    async def take(self, origin: str, found: Sequence[JsonValue]) -> None:
        for edu in found:
            if not isinstance(edu, dict):
                continue
            type, content = edu.get("edu_type"), edu.get("content")
            handler = self._handlers.get(type) if isinstance(type, str) else None
            if handler is None or not isinstance(content, dict):
                continue
            try:
                await handler(origin, content)
            except MatrixError as error:
                log.debug("a %s of %s is not in order: %s", type, origin, error.message)
            except Exception:
                log.exception("a %s of %s failed", type, origin)
