"""A space for each login, with the rooms of its chats. Spec: "Spaces"."""

import asyncio
import logging

from attrs import define, field

from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.storage import spaces
from bridges.storage.places import Portal, StoredLogin

log = logging.getLogger(__name__)

CHILD, PARENT = "m.space.child", "m.space.parent"


@define(eq=False)
class Spaces:
    _ground: Ground
    _making: asyncio.Lock = field(factory=asyncio.Lock)

    async def add(self, login: StoredLogin, portal: Portal) -> None:
        """Both rooms say so. A crash in between is made good the next time."""
        db, room_id = self._ground.db, portal.room_id
        if await db.write(spaces.has_child, login.login_id, room_id):
            return
        try:
            space = await self._of(login)
            via: JsonObject = {"via": [self._ground.names.domain]}
            await self._ground.rooms.set_state(space, CHILD, via, key=room_id)
            if not portal.is_plumbed:
                parent = via | {"canonical": True}
                await self._ground.rooms.set_state(room_id, PARENT, parent, key=space)
            await db.write(spaces.add_child, login.login_id, room_id)
        except MatrixError as error:
            log.warning("A room is in no space: %s", error)

    async def remove(self, portal: Portal) -> None:
        db, set_state = self._ground.db, self._ground.rooms.set_state
        for login_id in await db.write(spaces.take_child, portal.room_id):
            space = await db.write(spaces.space_of, login_id)
            try:
                if space is not None:
                    await set_state(space, CHILD, {}, key=portal.room_id)
                    await set_state(portal.room_id, PARENT, {}, key=space)
            except MatrixError as error:
                log.warning("A room stays in its space: %s", error)

    async def _of(self, login: StoredLogin) -> str:
        """Found by its alias where a crash came before we noted it."""
        async with self._making:
            known = await self._ground.db.write(spaces.space_of, login.login_id)
            return known or await self._make(login)

    async def _make(self, login: StoredLogin) -> str:
        ground, names = self._ground, self._ground.names
        options = {
            "preset": "private_chat",
            "name": f"{ground.network.info.name} ({login.name})",
            "creation_content": {"type": "m.space"},
        }
        # No chat has an empty id, so no portal has this alias.
        alias = names.alias("", login.login_id)
        space = await ground.rooms.create(alias, names.domain, options)
        await ground.rooms.invite(space, login.user_id)
        await ground.db.write(spaces.save_space, login.login_id, space)
        return space
