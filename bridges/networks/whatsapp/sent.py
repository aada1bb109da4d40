"""WhatsApp's word that it has a message, which comes with the name that we gave it."""

import asyncio
from contextlib import suppress

from attrs import define, field

MAX_KNOWN = 1_000


@define(eq=False)
class Sent:
    _known: dict[str, str] = field(factory=dict)
    _waiting: dict[str, list[asyncio.Event]] = field(factory=dict)

    def confirm(self, transaction: str, id: str) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[transaction] = id
        for waiting in self._waiting.pop(transaction, ()):
            waiting.set()

    async def recall(self, transaction: str, wait_s: float) -> str | None:
        """The message's id, if WhatsApp tells within that time."""
        if transaction not in self._known:
            event = asyncio.Event()
            self._waiting.setdefault(transaction, []).append(event)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await event.wait()
            self._waiting.pop(transaction, None)
        return self._known.get(transaction)
