"""Commands about chats and people."""

from attrs import frozen

from bridges.kit import abilities
from bridges.kit.chats import Found
from bridges.portals.ground import Ground
from bridges.portals.reception import SHOWN, Reception
from bridges.portals.replies import Deed, Deeds, Replies, Said
from bridges.portals.rooms import PortalRooms
from bridges.portals.sessions import Sessions
from bridges.storage import places


@frozen
class ChatCommands:
    _ground: Ground
    _sessions: Sessions
    _portals: PortalRooms
    _replies: Replies
    _reception: Reception

    def deeds(self) -> Deeds:
        return {
            "open": Deed("open NAME: join a chat, or begin one", self._open),
            "leave": Deed("leave: in a portal, leave its chat", self._leave),
            "group": Deed("group NAME: make a group, with the ids behind a colon", self._group),
            "contacts": Deed("contacts: whom you know there", self._contacts),
            "search": Deed("search WORDS: look for people", self._search),
            "directory": Deed("directory [words]: look for chats", self._directory),
        }

    async def _open(self, said: Said) -> None:
        await self._reception.open(self._reception.own(said.user_id), said.rest)
        await self._replies.reply(said, f"You are invited into the room of {said.rest}.")

    async def _leave(self, said: Said) -> None:
        portal = await self._ground.db.write(places.portal_of_room, said.room_id)
        mine = self._sessions.of_user(said.user_id)
        running = next((it for it in mine if portal and it.login.login_id == portal.login_id), None)
        if portal is None or running is None:
            await self._replies.reply(said, "Say that in a room of yours that is joined to a chat.")
            return
        if isinstance(running.session, abilities.OpensChats) and not running.is_over:
            await running.session.leave_chat(portal.chat)
        gone = "The chat is left; this room is joined to nothing any more."
        await self._replies.reply(said, gone)
        await self._portals.close(portal)

    async def _group(self, said: Said) -> None:
        name, _, users = said.rest.partition(":")
        running = self._reception.own(said.user_id)
        await self._reception.make_group(running, name.strip(), tuple(users.split()))
        await self._replies.reply(said, f"You are invited into the room of {name.strip()}.")

    async def _contacts(self, said: Said) -> None:
        running = self._reception.own(said.user_id)
        await self._list(said, await self._reception.contacts(running))

    async def _search(self, said: Said) -> None:
        running = self._reception.own(said.user_id)
        await self._list(said, await self._reception.search(running, said.rest))

    async def _directory(self, said: Said) -> None:
        running = self._reception.own(said.user_id)
        await self._list(said, await self._reception.directory(running, said.rest))

    async def _list(self, said: Said, found: list[Found]) -> None:
        lines = [f"{it.id}: {it.about or it.name}" for it in found[:SHOWN]]
        await self._replies.reply(said, "\n".join(lines) or "Nothing was found.")
