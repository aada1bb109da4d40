"""What people may ask of a login of theirs, by chat or by a program."""

from attrs import frozen

from bridges.kit import abilities
from bridges.kit.chats import Found
from bridges.kit.failures import Rejected, Unsupported
from bridges.portals.ground import Ground
from bridges.portals.rooms import PortalRooms
from bridges.portals.sessions import Running, Sessions
from bridges.portals.succession import Succession
from bridges.storage.places import Portal

SHOWN = 30


@frozen
class Reception:
    """Each raises NetworkFailure, which says in words why not."""

    _ground: Ground
    _sessions: Sessions
    _portals: PortalRooms
    _succession: Succession

    def own(self, user_id: str, login_id: str = "") -> Running:
        """The login that is named, or the first that is connected."""
        mine = [it for it in self._sessions.of_user(user_id) if not it.is_over]
        for running in mine:
            if login_id in ("", running.login.login_id):
                return running
        raise Rejected("Say `login` first." if not mine else "You have no such login.")

    async def open(self, running: Running, name: str) -> Portal:
        """The person is invited into the chat's room."""
        if not name or not isinstance(running.session, abilities.OpensChats):
            raise Unsupported("Say what to open: `open NAME`.")
        chat = await running.session.open_chat(name)
        portal = await self._portals.find_or_make(chat, running.login, running.session)
        self._succession.note(running.login.login_id, chat)
        await self._ground.rooms.invite(portal.room_id, running.login.user_id)
        return portal

    async def make_group(self, running: Running, name: str, users: tuple[str, ...]) -> Portal:
        if not isinstance(running.session, abilities.MakesGroups):
            raise Unsupported("Groups cannot be made from here on this network.")
        chat = await running.session.make_group(name, users)
        return await self._portals.find_or_make(chat, running.login, running.session)

    async def contacts(self, running: Running) -> list[Found]:
        if not isinstance(running.session, abilities.HasContacts):
            raise Unsupported("This network has no list of contacts.")
        return await running.session.contacts()

    async def search(self, running: Running, words: str) -> list[Found]:
        if not isinstance(running.session, abilities.Searches):
            raise Unsupported("Nobody can be looked for on this network.")
        return await running.session.search(words)

    async def directory(self, running: Running, words: str) -> list[Found]:
        if not isinstance(running.session, abilities.LooksAround):
            raise Unsupported("This network has no directory.")
        found = await running.session.directory(words)
        return [Found(id, it.name, it.topic, is_chat=True) for id, it in found.items()]
