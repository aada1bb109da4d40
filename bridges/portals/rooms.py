"""Portals: rooms that stand for chats."""

import asyncio

from attrs import define, field, frozen

from bridges.kit.chats import Chat
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Session
from bridges.kit.parts import ChatKey
from bridges.kit.stories import are_stories
from bridges.portals.furnishing import Furnishing
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.portals.histories import Histories
from bridges.portals.puppets import Puppets
from bridges.portals.spaces import Spaces
from bridges.portals.stories import presented
from bridges.storage import histories, places
from bridges.storage.places import Portal, StoredLogin

OWNER_LEVEL = 50
MAX_FIRST_MEMBERS = 1000
"""More come when they speak."""


@frozen
class Company:
    """What comes with a new room."""

    spaces: Spaces
    puppets: Puppets
    histories: Histories


@define
class PortalRooms:
    _ground: Ground
    _ghosts: Ghosts
    _furnishing: Furnishing
    _company: Company
    _making: dict[ChatKey, asyncio.Lock] = field(factory=dict)
    _open: set[ChatKey] = field(factory=set)

    async def find_or_make(self, chat: ChatKey, login: StoredLogin, session: Session) -> Portal:
        """What a crash left half-made is finished.

        The person is invited last: whoever can speak in the room must find it joined to its chat.
        """
        async with self._making.setdefault(chat, asyncio.Lock()):
            portal = await self._ground.db.write(places.portal_of_chat, chat)
            if portal is None or chat not in self._open:
                portal = portal or await self._make(chat, login, session)
                if not await self._ground.db.write(places.is_open, chat):
                    about = await presented(session, chat)
                    await self._company.histories.begin(portal)
                    await self._ground.rooms.invite(portal.room_id, login.user_id, about.is_direct)
                    await self._mark_direct(portal, about, login, session)
                    if are_stories(chat):
                        await self._company.puppets.mute(login.user_id, portal.room_id)
                    await self._ground.db.write(places.open_portal, chat)
                self._open.add(chat)
                await self._company.spaces.add(login, portal)
            return portal

    async def _mark_direct(
        self, portal: Portal, about: Chat, login: StoredLogin, session: Session
    ) -> None:
        own = session.me or login.login_id
        others = [it for it in about.members if it != own]
        if about.is_direct and len(others) == 1:
            ghost = self._ground.names.ghost(others[0])
            await self._company.puppets.mark_direct(login.user_id, ghost, portal.room_id)

    async def _make(self, chat: ChatKey, login: StoredLogin, session: Session) -> Portal:
        about, names = await presented(session, chat), self._ground.names
        alias = names.alias(chat.id, chat.receiver) if chat.receiver else names.alias(chat.id)
        room_id = await self._ground.rooms.create(alias, names.domain, self._options(about, chat))
        await self._ground.rooms.set_level(room_id, login.user_id, OWNER_LEVEL)
        first = dict(list(about.members.items())[:MAX_FIRST_MEMBERS])
        await self._ghosts.enter_all(room_id, first)
        portal = Portal(chat, room_id, login.login_id)
        await self._furnishing.furnish(portal, about, session)
        await self._ground.db.write(places.add_portal, portal)
        return portal

    def _options(self, about: Chat, chat: ChatKey) -> JsonObject:
        bot = self._ground.names.bot
        options: JsonObject = {
            "preset": "private_chat",
            "name": about.name,
            "initial_state": [
                bridge_state(self._ground, about, chat),
                {
                    "type": "io.element.functional_members",
                    "state_key": "",
                    "content": {"service_members": [bot]},
                },
            ],
        }
        return options | ({"topic": about.topic} if about.topic else {})

    async def add_to_space(self, login: StoredLogin, portal: Portal) -> None:
        await self._company.spaces.add(login, portal)

    async def close(self, portal: Portal) -> None:
        """The chat is left: the room stays with its history, but nothing is carried any more."""
        names = self._ground.names
        await self._company.spaces.remove(portal)
        if not portal.is_plumbed:
            parts = [it for it in (portal.chat.id, portal.chat.receiver) if it]
            await self._ground.rooms.drop_alias(names.alias(*parts), names.domain)
        await self._ground.db.write(places.remove_portal, portal.chat)
        await self._ground.db.write(histories.forget, portal.chat)
        self._open.discard(portal.chat)
        if portal.is_plumbed:
            await self._take_ghosts(portal.room_id)
        await self._ground.rooms.leave(portal.room_id, None)

    async def _take_ghosts(self, room_id: str) -> None:
        """Out of a room that goes on without us."""
        for user_id in await self._ground.rooms.joined(room_id):
            if self._ground.names.is_ours(user_id) and user_id != self._ground.names.bot:
                await self._ghosts.leave(room_id, user_id)


def bridge_state(ground: Ground, about: Chat, chat: ChatKey) -> JsonObject:
    """MSC2346: what this room is joined to."""
    info, bot = ground.network.info, ground.names.bot
    content = {
        "bridgebot": bot,
        "creator": bot,
        "protocol": {"id": info.id, "displayname": info.name, "external_url": info.url},
        "channel": {"id": chat.id, "displayname": about.name},
    }
    key = f"{info.id}:{chat.id}" + (f":{chat.receiver}" if chat.receiver else "")
    return {"type": "m.bridge", "state_key": key, "content": content}
