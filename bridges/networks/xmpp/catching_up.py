"""What was said while we were away, from the archives, before anything new."""

import json
from contextlib import suppress

from attrs import define

from bridges.kit.failures import Rejected
from bridges.kit.network import Bridge
from bridges.networks.xmpp.archive import Archive
from bridges.networks.xmpp.hearing import Hearing
from bridges.networks.xmpp.rooms import Room, Rooms

MAX_PAGES = 100
ROOMS, HERE = "rooms", "yes"


@define(eq=False)
class CatchingUp:
    _bridge: Bridge
    _rooms: Rooms
    _archive: Archive
    _hearing: Hearing
    _own: str

    async def come_back(self) -> None:
        """Into the rooms of before; each and the own account from where we stopped."""
        known = [it.id for it in await self._bridge.chats()]
        rooms = [it for it in known if await self._bridge.kept(f"room {it}") == HERE]
        for jid in dict.fromkeys((*await self._wanted(), *rooms)):
            with suppress(Rejected):
                await self.enter(jid)
        await self.read("")

    async def _wanted(self) -> list[str]:
        """Where this login was, also if the chat's room is another's."""
        kept = await self._bridge.kept(ROOMS)
        return [str(it) for it in json.loads(kept)] if kept else []

    async def _want(self, jid: str, is_wanted: bool) -> None:
        before = await self._wanted()
        if (jid in before) != is_wanted:
            now = [*before, jid] if is_wanted else [it for it in before if it != jid]
            await self._bridge.keep(ROOMS, json.dumps(now))

    async def leave(self, jid: str) -> None:
        self._rooms.leave(jid)
        await self._want(jid, False)
        await self._bridge.keep(f"room {jid}", "")

    async def enter(self, jid: str) -> Room:
        """Raises Rejected when the room does not let us in. Where we are, all was read already."""
        if (here := self._rooms.find(jid)) and here.is_joined:
            return here
        room = await self._rooms.joined(jid)
        await self._want(jid, True)
        if self._rooms.listens(jid):
            await self.read(jid)
        return room

    async def read(self, room: str) -> None:
        """Without a place to begin at, only notes where the archive ends."""
        ids, archive = self._hearing.ids, room or self._own
        place = await ids.place(archive)
        with suppress(Rejected):
            if not place:
                newest = await self._archive.ask(room, before="", limit=1)
                if newest.last:
                    await ids.keep_place(archive, newest.last)
                return
            for _ in range(MAX_PAGES):
                found = await self._archive.ask(room, after=place)
                for wrapped in found.messages:
                    await self._hearing.tell(wrapped)
                if found.last:
                    place = found.last
                    await ids.keep_place(archive, place)
                if found.is_whole or not found.messages:
                    return
