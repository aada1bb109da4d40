"""Commands about chats and people."""

from attrs import frozen

from bridges.kit import abilities
from bridges.kit.chats import Found
from bridges.kit.failures import Rejected
from bridges.kit.stories import are_stories
from bridges.portals import expiry
from bridges.portals.ground import Ground
from bridges.portals.reception import SHOWN, Reception
from bridges.portals.replies import Deed, Deeds, Replies, Said
from bridges.portals.sessions import Running, Sessions
from bridges.portals.succession import Succession
from bridges.storage import expiring, places
from bridges.storage.places import Portal


@frozen
class ChatCommands:
    _ground: Ground
    _sessions: Sessions
    _succession: Succession
    _replies: Replies
    _reception: Reception

    def deeds(self) -> Deeds:
        return {
            "open": Deed("open NAME: join a chat, or begin one", self._open),
            "leave": Deed("leave: in a portal, leave its chat", self._leave),
            "timer": Deed("timer 1d (or off): how long messages stay in a portal", self._timer),
            "group": Deed("group NAME: make a group, with the ids behind a colon", self._group),
            "contacts": Deed("contacts: whom you know there", self._contacts),
            "search": Deed("search WORDS: look for people", self._search),
            "directory": Deed("directory [words]: look for chats", self._directory),
        }

    async def _open(self, said: Said) -> None:
        await self._reception.open(self._reception.own(said.user_id), said.rest)
        await self._replies.reply(said, f"You are invited into the room of {said.rest}.")

    async def _leave(self, said: Said) -> None:
        portal, running = await self._own_portal(said)
        if isinstance(running.session, abilities.OpensChats) and not running.is_over:
            await running.session.leave_chat(portal.chat)
        if await self._succession.leaves(portal, running):
            await self._replies.reply(
                said, "You have left the chat; others of this room are there."
            )
            return
        gone = "The chat is left; this room is joined to nothing any more."
        await self._replies.reply(said, gone)
        await self._succession.close(portal)

    async def _own_portal(self, said: Said) -> tuple[Portal, Running]:
        portal = await self._ground.db.write(places.portal_of_room, said.room_id)
        if portal is not None and are_stories(portal.chat):
            raise Rejected("This room is no chat: leave it, if you do not want to see stories.")
        for running in self._sessions.of_user(said.user_id):
            if portal is not None and await self._succession.serves(portal, running):
                return portal, running
        raise Rejected("Say that in a room of yours that is joined to a chat.")

    async def _timer(self, said: Said) -> None:
        portal, running = await self._own_portal(said)
        timer_ms = expiry.read(said.rest)
        if not isinstance(running.session, abilities.SetsTimer) or running.is_over:
            raise Rejected("Messages cannot disappear on this network.")
        await running.session.set_timer(portal.chat, timer_ms)
        if await self._ground.db.write(expiring.set_timer, portal.room_id, timer_ms):
            await self._replies.reply(said, expiry.in_words(timer_ms))

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
