"""What was said while nobody listened, found in the history of the chats."""

import asyncio
from collections.abc import Awaitable, Callable

from attrs import frozen

from bridges.kit.abilities import HasHistory, Page
from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import Happening, Message
from bridges.kit.stories import are_stories
from bridges.portals.ground import Ground
from bridges.portals.sessions import Running
from bridges.storage import histories, places
from bridges.storage.places import Portal

PAGE, MAX_GAP, MAX_CHATS = 100, 1000, 100
PACE_S, PATIENCE_S, TRIES = 0.2, 5.0, 12

Receive = Callable[[str, Happening], Awaitable[None]]


@frozen
class Gaps:
    """Each message is received as if it were told now, with the time when it was said."""

    _ground: Ground

    async def fill(self, running: Running, receive: Receive) -> None:
        """After each connection."""
        session, login_id = running.session, running.login.login_id
        if not isinstance(session, HasHistory):
            return
        portals = await self._ground.db.write(places.portals_of_login, login_id)
        for portal in [it for it in portals if not are_stories(it.chat)][:MAX_CHATS]:
            for _ in range(TRIES):
                try:
                    for message in await self._missing(portal, session):
                        await receive(login_id, message)
                    break
                except Transient as error:
                    await asyncio.sleep(error.after_s or PATIENCE_S)
                except Rejected:
                    break
            await asyncio.sleep(PACE_S)

    async def _missing(self, portal: Portal, session: HasHistory) -> list[Message]:
        """Back to the first that we have heard; nothing where we would not find any. What we have
        said ourselves may stand behind what we have missed.
        """
        missing: list[Message] = []
        after_ours: list[Message] | None = None
        before: str | None = None
        while len(missing) < MAX_GAP:
            page = await session.history(portal.chat, before, PAGE)
            ids = [it.id for it in page.messages]
            known = set(await self._ground.db.write(histories.known, portal.chat, ids))
            missing = [*(it for it in page.messages if it.id not in known), *missing]
            if heard := {it.id for it in page.messages if not it.sender.me} & known:
                return after(page, heard, missing)
            if known and after_ours is None:
                after_ours = after(page, known, missing)
            if page.before is None:
                return after_ours or []
            before = page.before
        return missing


def after(page: Page, known: set[str], missing: list[Message]) -> list[Message]:
    """What comes behind the last of those that are known."""
    ids = [it.id for it in page.messages]
    last = max(place for place, id in enumerate(ids) if id in known)
    newer = set(ids[last + 1 :]) | {it.id for it in missing} - set(ids)
    return [it for it in missing if it.id in newer]
