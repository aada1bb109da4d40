"""What happened while nobody listened: what was said, and who came and left."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from secrets import token_hex
from typing import Any

from attrs import frozen

from bridges.kit.abilities import HasHistory, Page
from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import Happening, MemberChange, Message, Sender
from bridges.kit.stories import are_stories
from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.portals.rooms import MAX_FIRST_MEMBERS
from bridges.portals.sessions import Running
from bridges.storage import histories, places
from bridges.storage.places import Portal

PAGE, MAX_GAP, MAX_CHATS, MAX_MOVES = 100, 1000, 100, 1000
PACE_S, PATIENCE_S, TRIES = 0.2, 5.0, 12

Receive = Callable[[str, Happening], Awaitable[None]]
Find = Callable[[Portal, Running], Coroutine[Any, Any, list[Happening]]]


@frozen
class Gaps:
    """Each thing is received as if it happened now; messages with the time when they were said."""

    _ground: Ground

    async def fill(self, running: Running, receive: Receive) -> None:
        """After each connection."""
        login_id = running.login.login_id
        portals = await self._ground.db.write(places.portals_of_login, login_id)
        for portal in [it for it in portals if not are_stories(it.chat)][:MAX_CHATS]:
            for find in (self._missing, self._moved):
                for happening in await self._found(find, portal, running):
                    await receive(login_id, happening)
            await asyncio.sleep(PACE_S)

    async def _found(self, find: Find, portal: Portal, running: Running) -> list[Happening]:
        """Asked for until the network answers, or says no."""
        for _ in range(TRIES):
            try:
                return await find(portal, running)
            except Transient as error:
                await asyncio.sleep(error.after_s or PATIENCE_S)
            except (Rejected, MatrixError):
                break
        return []

    async def _missing(self, portal: Portal, running: Running) -> list[Happening]:
        """Back to the first that we have heard; nothing where we would not find any. What we have
        said ourselves may stand behind what we have missed.
        """
        if not isinstance(session := running.session, HasHistory):
            return []
        missing: list[Message] = []
        after_ours: list[Message] | None = None
        before: str | None = None
        while len(missing) < MAX_GAP:
            page = await session.history(portal.chat, before, PAGE)
            ids = [it.id for it in page.messages]
            known = set(await self._ground.db.write(histories.known, portal.chat, ids))
            missing = [*(it for it in page.messages if it.id not in known), *missing]
            if heard := {it.id for it in page.messages if not it.sender.me} & known:
                return list(after(page, heard, missing))
            if known and after_ours is None:
                after_ours = after(page, known, missing)
            if page.before is None:
                return list(after_ours or [])
            before = page.before
        return list(missing)

    async def _moved(self, portal: Portal, running: Running) -> list[Happening]:
        """Members compared: whoever is only there came, and whoever is only here left.

        In a room that was there before nobody comes before they speak.
        """
        about, names = await running.session.chat(portal.chat), self._ground.names
        there = {names.ghost(it): Sender(it, name) for it, name in about.members.items()}
        there.pop(names.ghost(running.session.me or running.login.login_id), None)
        if not there:
            return []
        here = await self._ground.rooms.joined(portal.room_id)
        moves: list[tuple[Sender, bool]] = []
        if about.has_all_members:
            gone = sorted(it for it in here - there.keys() if names.is_ours(it))
            moves += [(Sender(it), False) for it in map(names.remote_of, gone) if it is not None]
        if not portal.is_plumbed and len(there) <= MAX_FIRST_MEMBERS:
            moves += [(it, True) for user_id, it in there.items() if user_id not in here]
        return [
            MemberChange(portal.chat, who, token_hex(16), present)
            for who, present in moves[:MAX_MOVES]
        ]


def after(page: Page, known: set[str], missing: list[Message]) -> list[Message]:
    """What comes behind the last of those that are known."""
    ids = [it.id for it in page.messages]
    last = max(place for place, id in enumerate(ids) if id in known)
    newer = set(ids[last + 1 :]) | {it.id for it in missing} - set(ids)
    return [it for it in missing if it.id in newer]
