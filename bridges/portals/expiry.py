"""Messages that disappear on the network disappear on Matrix."""

import asyncio
import logging
import re
import time

from attrs import define, field

from bridges.kit.failures import Rejected
from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.storage import expiring
from bridges.storage.expiring import Expiring
from bridges.storage.places import Portal

log = logging.getLogger(__name__)
LONGEST_REST_S = 3600.0
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@define(eq=False)
class Expiry:
    _ground: Ground
    _news: asyncio.Event = field(factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def add(self, portal: Portal, event_id: str, lives_ms: int) -> None:
        due = Expiring(event_id, portal.room_id, now_ms() + lives_ms)
        await self._ground.db.write(expiring.add, due)
        self._news.set()

    async def add_ours(self, portal: Portal, event_id: str) -> None:
        """What was said on Matrix, in a chat where messages disappear."""
        lives_ms = await self._ground.db.write(expiring.timer, portal.room_id)
        if lives_ms:
            await self.add(portal, event_id, lives_ms)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            rest_s = await self._remove_what_is_due()
            try:
                async with asyncio.timeout(rest_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _remove_what_is_due(self) -> float:
        """For how long nothing else is."""
        due = await self._ground.db.write(expiring.next_due)
        for one in due:
            rest_s = (one.due_ms - now_ms()) / 1000
            if rest_s > 0:
                return min(rest_s, LONGEST_REST_S)
            await self._remove(one)
        return 0.0 if len(due) == expiring.AT_ONCE else LONGEST_REST_S

    async def _remove(self, one: Expiring) -> None:
        unique = f"expired.{one.event_id}"
        try:
            await self._ground.rooms.redact(one.room_id, one.event_id, unique, None)
        except MatrixError as error:
            log.warning("A message that should disappear stays: %s", error)
        await self._ground.db.write(expiring.remove, one.event_id)


def now_ms() -> int:
    return int(time.time() * 1000)


def read(text: str) -> int:
    """Such as "1d", "2h" or "off"; raises `Rejected` for other words."""
    if text.strip() == "off":
        return 0
    found = re.fullmatch(r"([1-9][0-9]{0,3}) ?([smhd])", text.strip())
    if found is None:
        raise Rejected("Say a time, such as `30m`, `8h` or `7d`, or `off`.")
    return int(found[1]) * {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}[found[2]]


def in_words(timer_ms: int) -> str:
    if timer_ms <= 0:
        return "Messages do not disappear here any more."
    for length, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        if timer_ms % length == 0 or length == SECOND:
            count = max(1, timer_ms // length)
            return f"Messages disappear here after {count} {name}{'s' if count > 1 else ''}."
    raise AssertionError
