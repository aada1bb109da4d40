"""The users of the network, as they appear on Matrix."""

import asyncio
from collections.abc import Mapping

from attrs import define, field

from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.storage import places

AT_A_TIME = 8


@define
class Ghosts:
    _ground: Ground
    _names: dict[str, str] = field(factory=dict)
    _present: set[tuple[str, str]] = field(factory=set)

    async def appear(self, remote_id: str, name: str) -> str:
        """The ghost's user id; it exists, and goes by this name."""
        user_id = self._ground.names.ghost(remote_id)
        known = self._names.get(user_id) or await self._ground.db.write(places.ghost_name, user_id)
        name = name or known or remote_id
        if known is None:
            await self._ground.accounts.register(user_id[1:].split(":")[0])
        if known != name:
            await self._ground.accounts.set_name(user_id, name, user_id)
            await self._ground.db.write(places.save_ghost, user_id, remote_id, name)
        self._names[user_id] = name
        return user_id

    async def is_known(self, remote_id: str) -> bool:
        """Whether it has ever appeared."""
        user_id = self._ground.names.ghost(remote_id)
        return user_id in self._names or (
            await self._ground.db.write(places.ghost_name, user_id) is not None
        )

    async def enter_all(self, room_id: str, names: Mapping[str, str]) -> None:
        """Several at a time."""
        turns = asyncio.Semaphore(AT_A_TIME)

        async def come(remote_id: str, name: str) -> None:
            async with turns:
                await self.enter(room_id, await self.appear(remote_id, name))

        await asyncio.gather(*(come(remote_id, name) for remote_id, name in names.items()))

    async def enter(self, room_id: str, user_id: str) -> None:
        if (room_id, user_id) in self._present:
            return
        try:
            await self._ground.rooms.join(room_id, user_id)
        except MatrixError:
            await self._ground.rooms.invite(room_id, user_id)
            await self._ground.rooms.join(room_id, user_id)
        self._present.add((room_id, user_id))

    async def leave(self, room_id: str, user_id: str, reason: str = "") -> None:
        self._present.discard((room_id, user_id))
        await self._ground.rooms.leave(room_id, user_id, reason)

    def forget(self, room_id: str, user_id: str) -> None:
        """Somebody put the ghost out: it enters anew before it speaks again."""
        self._present.discard((room_id, user_id))
