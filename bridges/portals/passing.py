"""Typing and receipts of Matrix users, which nobody keeps."""

import logging

from attrs import define, field

from bridges.kit import abilities
from bridges.kit.failures import NetworkFailure
from bridges.kit.json_values import JsonObject
from bridges.kit.stories import are_stories
from bridges.portals.errands import Errands
from bridges.portals.ground import Ground
from bridges.portals.puppets import Puppets
from bridges.portals.sessions import Running, Sessions
from bridges.storage import messages, places
from bridges.storage.places import Portal

log = logging.getLogger(__name__)


@define
class PassingThings:
    _ground: Ground
    _sessions: Sessions
    _puppets: Puppets
    _errands: Errands = field(factory=Errands)
    _typing: dict[str, set[str]] = field(factory=dict)

    def accept(self, ephemeral: list[JsonObject]) -> None:
        """Nobody waits for it."""
        if ephemeral:
            self._errands.begin(self._pass_on(ephemeral))

    async def stop(self) -> None:
        await self._errands.stop()

    async def _pass_on(self, ephemeral: list[JsonObject]) -> None:
        for one in ephemeral:
            room_id, content = one.get("room_id"), one.get("content")
            if not isinstance(room_id, str) or not isinstance(content, dict):
                continue
            portal = await self._ground.db.write(places.portal_of_room, room_id)
            if portal is None:
                continue
            try:
                if one.get("type") == "m.typing":
                    await self._types(portal, content)
                elif one.get("type") == "m.receipt":
                    await self._reads(portal, content)
            except NetworkFailure as failure:
                log.debug("Nobody hears that: %s", type(failure).__name__)

    def _own(self, portal: Portal, user_id: str) -> Running | None:
        """Only a login's own person types and reads on the network."""
        if are_stories(portal.chat):
            return None
        for running in self._sessions.of_user(user_id):
            if portal.chat.receiver in ("", running.login.login_id):
                return running
        return None

    async def _types(self, portal: Portal, content: JsonObject) -> None:
        named = content.get("user_ids")
        now = {it for it in named if isinstance(it, str)} if isinstance(named, list) else set()
        before = self._typing.get(portal.room_id, set())
        self._typing[portal.room_id] = now
        for user_id in now ^ before:
            if self._puppets.is_own_typing(portal.room_id, user_id, user_id in now):
                continue
            running = self._own(portal, user_id)
            if running and isinstance(running.session, abilities.Types):
                await running.session.typing(portal.chat, user_id in now)

    async def _reads(self, portal: Portal, content: JsonObject) -> None:
        for event_id, receipts in content.items():
            readers = receipts.get("m.read") if isinstance(receipts, dict) else None
            for user_id in readers if isinstance(readers, dict) else ():
                running = self._own(portal, user_id)
                if self._puppets.is_own_receipt(portal.room_id, event_id, user_id):
                    continue
                if running is None or not isinstance(running.session, abilities.Reads):
                    continue
                find = messages.by_event
                if pair := await self._ground.db.write(find, portal.chat, event_id):
                    await running.session.read(portal.chat, pair.remote_id)
