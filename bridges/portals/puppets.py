"""Double puppets: what somebody with a login says on the network, from their own Matrix account.

Nobody is spoken for but the owners of logins, here on the homeserver, who did not say `puppet off`.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field

from bridges.kit.happenings import Sender
from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.matrix.puppeteer import Puppeteer
from bridges.portals.addresses import me
from bridges.portals.ground import Ground
from bridges.portals.sessions import Sessions
from bridges.storage import opinions
from bridges.storage.places import Portal

log = logging.getLogger(__name__)

MARK = "fi.mau.double_puppet_source"
"""By which bridges know what a bridge said; the name that others use."""
ASKED_AGAIN_S = 3600.0
MAX_PASSED = 1000


@define(eq=False)
class Puppets:
    _ground: Ground
    _sessions: Sessions
    _puppeteer: Puppeteer | None
    """None without a second registration."""
    _now: Callable[[], float] = time.monotonic
    _refused: dict[str, float] = field(factory=dict)
    """Whom the homeserver does not let us speak for, and since when."""
    _present: set[tuple[str, str]] = field(factory=set)
    _passed: dict[tuple[str, str, str], None] = field(factory=dict)
    """Receipts that we set for people: no news to the network when they come back."""
    _typing: set[tuple[str, str]] = field(factory=set)

    async def of(self, portal: Portal, sender: Sender) -> str | None:
        """The account of whoever said it, which is in the room; None: their ghost speaks.

        In encrypted rooms that would need a device of ours on their account, which would be offered
        the keys of all their rooms.
        """
        user_id = self._owner(portal, sender)
        if user_id is None or self._puppeteer is None or not self._is_local(user_id):
            return None
        if self._ground.rooms.is_encrypted(portal.room_id) or self._was_refused(user_id):
            return None
        if await self._ground.db.write(opinions.wants_no_puppet, user_id):
            return None
        return user_id if await self._enter(portal.room_id, user_id) else None

    def _owner(self, portal: Portal, sender: Sender) -> str | None:
        for running in self._sessions.all():
            is_portals = running.login.login_id == portal.login_id
            if me(running) == sender.id or (sender.me and is_portals):
                return running.login.user_id
        return None

    def _is_local(self, user_id: str) -> bool:
        return user_id.partition(":")[2] == self._ground.names.domain

    def _was_refused(self, user_id: str) -> bool:
        return self._now() - self._refused.get(user_id, -ASKED_AGAIN_S) < ASKED_AGAIN_S

    async def _enter(self, room_id: str, user_id: str) -> bool:
        """Where the person was invited or may go anyway."""
        assert self._puppeteer is not None
        if (room_id, user_id) in self._present:
            return True
        try:
            await self._puppeteer.join(room_id, user_id)
        except MatrixError as error:
            log.info("Nobody is spoken for: %s", error.errcode)
            self._refused[user_id] = self._now()
            return False
        self._present.add((room_id, user_id))
        return True

    def give_up(self, room_id: str, user_id: str) -> None:
        """The homeserver refused: for a while the ghost speaks."""
        self._present.discard((room_id, user_id))
        self._refused[user_id] = self._now()

    async def send(
        self, room_id: str, user_id: str, type: str, content: JsonObject, **how: Any
    ) -> str:
        """`how`: the transaction, and when it was said."""
        assert self._puppeteer is not None
        marked = content | {MARK: self._mark}
        return await self._puppeteer.send(room_id, type, marked, user=user_id, **how)

    async def read(self, room_id: str, event_id: str, user_id: str) -> None:
        assert self._puppeteer is not None
        self._passed[room_id, event_id, user_id] = None
        if len(self._passed) > MAX_PASSED:
            del self._passed[next(iter(self._passed))]
        await self._puppeteer.read(room_id, event_id, user_id)

    async def types(self, room_id: str, user_id: str, seconds: int) -> None:
        assert self._puppeteer is not None
        if seconds > 0:
            self._typing.add((room_id, user_id))
        await self._puppeteer.typing(room_id, user_id, seconds)

    async def mark_direct(self, user_id: str, ghost: str, room_id: str) -> None:
        """Clients show the room among conversations with somebody."""
        if puppeteer := await self._speaker_for(user_id):
            try:
                await puppeteer.mark_direct(user_id, ghost, room_id)
            except MatrixError as error:
                log.info("A conversation is not marked as one: %s", error.errcode)

    async def mute(self, user_id: str, room_id: str) -> None:
        """What is said in the room notifies the person of nothing."""
        if puppeteer := await self._speaker_for(user_id):
            try:
                await puppeteer.mute(user_id, room_id)
            except MatrixError as error:
                log.info("A room is not muted: %s", error.errcode)

    async def _speaker_for(self, user_id: str) -> Puppeteer | None:
        """None where we may not, or they do not want it."""
        if not self._is_local(user_id) or self._was_refused(user_id):
            return None
        if await self._ground.db.write(opinions.wants_no_puppet, user_id):
            return None
        return self._puppeteer

    # What comes back

    @property
    def _mark(self) -> str:
        return f"isthmus-{self._ground.names.prefix}"

    def is_echo(self, event: JsonObject) -> bool:
        """Whether it is what we said in somebody's name."""
        return bool(event["content"].get(MARK) == self._mark)

    def is_own_receipt(self, room_id: str, event_id: str, user_id: str) -> bool:
        return (room_id, event_id, user_id) in self._passed

    def is_own_typing(self, room_id: str, user_id: str, is_typing: bool) -> bool:
        if (room_id, user_id) not in self._typing:
            return False
        if not is_typing:
            self._typing.discard((room_id, user_id))
        return True
