"""Which login serves a portal: another takes over where the one that did is gone."""

import asyncio
import logging
from collections.abc import Coroutine
from secrets import token_hex
from typing import Any

from attrs import define, field

from bridges.kit.parts import ChatKey
from bridges.matrix.client import MatrixError
from bridges.portals.errands import Errands
from bridges.portals.ground import Ground
from bridges.portals.rooms import PortalRooms
from bridges.portals.sessions import Running, Sessions
from bridges.storage import places, shares
from bridges.storage.places import Portal

log = logging.getLogger(__name__)

MAX_NOTED = 100_000
PACE_S = 0.05
"""Between rooms in which something is said."""

ALONE = (
    "{} is logged out, and nobody else who is logged in is in this chat: nothing is carried any "
    "more. The room stays. It goes on when {} is logged in again, or somebody else opens the chat."
)


@define(eq=False)
class Succession:
    """`tidies`: rooms that nobody serves any more are left, instead of told about."""

    _ground: Ground
    _sessions: Sessions
    _portals: PortalRooms
    _tidies: bool = False
    _noted: set[tuple[ChatKey, str]] = field(factory=set)
    _errands: Errands = field(factory=Errands)
    _telling: set[asyncio.Task[None]] = field(factory=set)

    async def start(self) -> None:
        """What a kill left undone."""
        if self._tidies:
            self._begin_closing(await self._ground.db.write(shares.orphans))

    async def stop(self) -> None:
        await self._errands.stop()
        for task in list(self._telling):
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    # Who is where

    def note(self, login_id: str, chat: ChatKey) -> None:
        """Something happened to a login in a chat that others may be in, too."""
        if chat.receiver or (chat, login_id) in self._noted:
            return
        if len(self._noted) > MAX_NOTED:
            self._noted.clear()
        self._noted.add((chat, login_id))
        self._errands.begin(self._enter(login_id, chat))

    async def _enter(self, login_id: str, chat: ChatKey) -> None:
        """Its person is let in, too. Where that cannot be done now, the next happening does it."""
        write = self._ground.db.write
        running = await self._sessions.running(login_id)
        if running is None or await write(shares.is_in, chat, login_id):
            return
        self._noted.discard((chat, login_id))
        portal = await write(places.portal_of_chat, chat)
        if portal is None:
            # It is made for this login right now.
            return
        if portal.login_id != login_id and not portal.is_plumbed:
            await self._ground.rooms.invite(portal.room_id, running.login.user_id)
            await self._portals.add_to_space(running.login, portal)
        await write(shares.enter, chat, login_id)
        self._noted.add((chat, login_id))
        if await self._sessions.running(portal.login_id) is None:
            await write(shares.hand_on, chat, login_id)

    # Who goes

    async def log_out(self, running: Running) -> None:
        """Its portals are served by others, where others are in the chat."""
        login, write = running.login, self._ground.db.write
        alone = await self._hand_on(login.login_id)
        await write(shares.forget, login.login_id)
        self._noted = {it for it in self._noted if it[1] != login.login_id}
        await self._sessions.end(login.login_id)
        if self._tidies:
            self._begin_closing(alone)
        else:
            self._begin_telling(alone, login.name)

    async def is_over(self, running: Running) -> None:
        """It may come back; until then others serve, where there are any."""
        await self._hand_on(running.login.login_id)

    async def leaves(self, portal: Portal, running: Running) -> bool:
        """One login leaves a chat; whether others go on in its room."""
        login_id = running.login.login_id
        await self._ground.db.write(shares.leave, portal.chat, login_id)
        self._noted.discard((portal.chat, login_id))
        return await self._hand_on_one(portal, login_id)

    async def close(self, portal: Portal) -> None:
        await self._portals.close(portal)

    async def serves(self, portal: Portal, running: Running) -> bool:
        """Whether a login is in the chat of a portal."""
        login_id = running.login.login_id
        return login_id == portal.login_id or await self._ground.db.write(
            shares.is_in, portal.chat, login_id
        )

    async def _hand_on(self, login_id: str) -> list[Portal]:
        """Those that nobody else could take."""
        portals = await self._ground.db.write(places.portals_of_login, login_id)
        return [it for it in portals if not await self._hand_on_one(it, login_id)]

    async def _hand_on_one(self, portal: Portal, login_id: str) -> bool:
        """Whether somebody else is there who serves it."""
        write = self._ground.db.write
        for other in (portal.login_id, *await write(shares.logins_in, portal.chat)):
            heir = await self._sessions.running(other)
            if other == login_id or heir is None or heir.is_over:
                continue
            if portal.login_id == login_id:
                await write(shares.hand_on, portal.chat, other)
                log.info("A portal goes on by another login")
            return True
        return False

    def _begin_telling(self, portals: list[Portal], name: str) -> None:
        async def tell() -> None:
            content = {"msgtype": "m.notice", "body": ALONE.format(name, name)}
            for portal in portals:
                await self._try_to_say(portal, content)
                await asyncio.sleep(PACE_S)

        self._begin(tell())

    async def _try_to_say(self, portal: Portal, content: dict[str, str]) -> None:
        send, unique = self._ground.rooms.send, f"alone.{token_hex(8)}"
        try:
            await send(portal.room_id, "m.room.message", dict(content), unique, None)
        except MatrixError as error:
            log.warning("A room is not told that its login is gone: %s", error)

    def _begin_closing(self, portals: list[Portal]) -> None:
        async def close() -> None:
            for portal in portals:
                try:
                    await self._portals.close(portal)
                except MatrixError as error:
                    log.warning("A room is not tidied up: %s", error)
                await asyncio.sleep(PACE_S)

        self._begin(close())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)
