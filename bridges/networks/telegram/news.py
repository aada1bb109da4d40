"""How news come from Telegram: we ask and wait, or Telegram calls. Each is safe before Telegram
forgets it, and they stay in order."""

import asyncio
import hmac
import json
from collections import deque
from collections.abc import Awaitable, Callable

from attrs import define, field, frozen

from bridges.kit.json_values import JsonObject
from bridges.kit.webhooks import Answer, Request
from bridges.networks.telegram.wire import Wire

Hear = Callable[[JsonObject], Awaitable[None]]

WANTED = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
)
"""Telegram must be asked for some of these by name."""

AT_ONCE = 100
MARGIN_S = 15
RESTS_S = 0.5
"""Between questions, where a server does not let us wait."""
REMEMBERED = 1000
SECRET = "x-telegram-bot-api-secret-token"


@frozen
class Ears:
    """`alive` is told of each answer, also of one without news."""

    hear: Hear
    alive: Callable[[], None]


async def poll(wire: Wire, wait_s: int, ears: Ears) -> None:
    """Until it is cancelled. Asking for what follows tells Telegram that the rest is safe."""
    await wire.call("deleteWebhook")
    offset = 0
    while True:
        parameters = {
            "offset": offset,
            "limit": AT_ONCE,
            "timeout": wait_s,
            "allowed_updates": WANTED,
        }
        begun = asyncio.get_running_loop().time()
        updates = await wire.call("getUpdates", parameters, wait_s=wait_s + MARGIN_S)
        ears.alive()
        for update in updates:
            await ears.hear(update)
            offset = update["update_id"] + 1
        if not updates and asyncio.get_running_loop().time() - begun < RESTS_S:
            await asyncio.sleep(RESTS_S)


async def ask_for_calls(wire: Wire, address: str, secret: str) -> None:
    """One call at a time, so that they come in order."""
    await wire.call(
        "setWebhook",
        {
            "url": address,
            "secret_token": secret,
            "max_connections": 1,
            "allowed_updates": WANTED,
        },
    )


@define(eq=False)
class Visits:
    """Telegram's calls, one after the other. One that comes again is known."""

    _secret: str
    _hear: Hear
    _turn: asyncio.Lock = field(factory=asyncio.Lock)
    _known: deque[int] = field(factory=lambda: deque(maxlen=REMEMBERED))

    async def receive(self, request: Request) -> Answer:
        given = request.headers.get(SECRET, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return Answer(403, b"That is not the secret of this webhook.")
        try:
            update = json.loads(request.body)
        except ValueError:
            update = None
        id = update.get("update_id") if isinstance(update, dict) else None
        if not isinstance(id, int):
            return Answer(400, b"An update is an object with an update_id.")
        async with self._turn:
            if id not in self._known:
                await self._hear(update)
                self._known.append(id)
        return Answer()
