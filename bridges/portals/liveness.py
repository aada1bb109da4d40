"""Whether a connection lives, by what is really heard, and how fast a login may speak."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from attrs import define, field

from bridges.kit.failures import Transient
from bridges.kit.network import Capabilities, Session
from bridges.kit.parts import ChatKey

MAX_CHATS = 1000
Now = Callable[[], float]


def now() -> float:
    return asyncio.get_running_loop().time()


@define
class Pulse:
    """When the network was last heard: something happened, or it took what we sent."""

    _now: Now = now
    _heard_at: float = 0.0
    heard: int = 0

    def beat(self) -> None:
        self._heard_at = self._now()
        self.heard += 1

    def silent_s(self) -> float:
        return self._now() - self._heard_at


async def run_while_alive(session: Session, pulse: Pulse) -> None:
    """Raises `Transient` when the network is silent for longer than it ever is."""
    pulse.beat()
    limit = session.capabilities.silence_max_s
    if limit is None:
        await session.run()
        return
    running = asyncio.create_task(session.run())
    try:
        while not running.done():
            left = limit - pulse.silent_s()
            if left <= 0:
                raise Transient(f"Nothing was heard of the network for {limit:.0f} seconds.")
            await asyncio.wait({running}, timeout=left)
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@define
class Pace:
    """A bucket of tokens: `burst` at once, then `per_s` each second. In the order of asking."""

    per_s: float | None
    burst: int = 1
    _now: Now = now
    _tokens: float = field(init=False)
    _counted_at: float | None = None
    _turns: asyncio.Lock = field(factory=asyncio.Lock)

    def __attrs_post_init__(self) -> None:
        self._tokens = float(self.burst)

    async def turn(self) -> None:
        if self.per_s is None:
            return
        async with self._turns:
            self._refill(self.per_s)
            if self._tokens < 1:
                await asyncio.sleep((1 - self._tokens) / self.per_s)
                self._refill(self.per_s)
            self._tokens = max(self._tokens - 1, 0)

    def _refill(self, per_s: float) -> None:
        counted_at, self._counted_at = self._counted_at, self._now()
        if counted_at is not None:
            grown = self._tokens + (self._counted_at - counted_at) * per_s
            self._tokens = min(float(self.burst), grown)


@define
class Paces:
    """Of a login, and of what it says in each chat: whoever waits in one holds up no other."""

    _all: Pace
    _chats: OrderedDict[ChatKey, Pace] = field(factory=OrderedDict)

    async def turn(self, chat: ChatKey, can: Capabilities) -> None:
        if can.messages_per_s_in_chat is not None:
            pace = self._chats.setdefault(chat, Pace(can.messages_per_s_in_chat, can.burst_in_chat))
            self._chats.move_to_end(chat)
            if len(self._chats) > MAX_CHATS:
                self._chats.popitem(last=False)
            await pace.turn()
        await self._all.turn()
