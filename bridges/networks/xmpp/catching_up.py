"""What was said while we were away, from the archives, before anything new."""

from contextlib import suppress

from attrs import define

from bridges.kit.failures import Rejected
from bridges.kit.network import Bridge
from bridges.networks.xmpp.archive import Archive
from bridges.networks.xmpp.hearing import Hearing
from bridges.networks.xmpp.rooms import Room, Rooms

MAX_PAGES = 100


@define(eq=False)
class CatchingUp:
    _bridge: Bridge
    _rooms: Rooms
    _archive: Archive
    _hearing: Hearing
    _own: str

    async def come_back(self) -> None:
        """Into the rooms of before; each and the own account from where we stopped."""
        for chat in await self._bridge.chats():
            if await self._bridge.kept(f"room {chat.id}"):
                with suppress(Rejected):
                    await self.enter(chat.id)
        await self.read("")

    async def enter(self, jid: str) -> Room:
        """Raises Rejected when the room does not let us in. Where we are, all was read already."""
        if (here := self._rooms.find(jid)) and here.is_joined:
            return here
        room = await self._rooms.joined(jid)
        if not await self._bridge.kept(f"room {jid}"):
            await self._bridge.keep(f"room {jid}", "yes")
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
