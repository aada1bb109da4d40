"""Pictures of people and chats, each carried over once, and names that change."""

import logging

from attrs import define, field, frozen

from bridges.kit.chats import Picture, User
from bridges.kit.failures import Rejected
from bridges.kit.network import Session
from bridges.matrix.client import MatrixError
from bridges.portals.converters import measured_mime
from bridges.portals.files import Files
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.storage import pictures

log = logging.getLogger(__name__)
MAX_KNOWN = 100_000


@frozen
class Pictures:
    _ground: Ground

    async def of_user(self, user_id: str, picture: Picture, files: Files) -> None:
        if (uri := await self._carried(user_id, picture, files)) is not None:
            await self._ground.accounts.set_picture(user_id, uri)
            await self._ground.db.write(pictures.show, user_id, picture.id)

    async def of_room(self, room_id: str, picture: Picture, files: Files) -> None:
        if (uri := await self._carried(room_id, picture, files)) is not None:
            content = {"url": uri} if uri else {}
            await self._ground.rooms.set_state(room_id, "m.room.avatar", content)
            await self._ground.db.write(pictures.show, room_id, picture.id)

    async def _carried(self, owner: str, picture: Picture, files: Files) -> str | None:
        """Its address; empty for no picture, None where it is shown already or cannot be had."""
        if await self._ground.db.write(pictures.shown, owner) == picture.id:
            return None
        if not picture.id:
            return ""
        try:
            data = await files.read(picture.content)
            return await self._ground.accounts.upload(data, measured_mime(data), "picture")
        except (Rejected, MatrixError) as error:
            log.warning("A picture cannot be carried over: %s", error)
            return None


@define(eq=False)
class Profiles:
    """Whoever speaks is looked at once, in the life of the process."""

    _ground: Ground
    _ghosts: Ghosts
    _pictures: Pictures
    _known: set[str] = field(factory=set)

    def is_new(self, remote_id: str) -> bool:
        return remote_id not in self._known

    async def look(self, remote_id: str, session: Session) -> None:
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        self._known.add(remote_id)
        await self.renew(remote_id, await session.user(remote_id), session)

    async def renew(self, remote_id: str, user: User, session: Session) -> None:
        if not await self._ghosts.is_known(remote_id):
            return
        user_id = await self._ghosts.appear(remote_id, user.name)
        if user.picture is not None:
            files = Files(self._ground.accounts, session)
            await self._pictures.of_user(user_id, user.picture, files)
