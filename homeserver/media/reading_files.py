"""Files in pieces, for whoever copies them."""

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.media.contents import Contents
from homeserver.storage.media import Media


@frozen(eq=False)
class FilePieces:
    _contents: Contents

    async def piece(self, file: Media, start: int, length: int) -> bytes:
        """Raises NotFound if the file is gone. Pieces are small enough to come in memory."""
        found = await self._contents.read(self._contents.of(file), start, length)
        if not isinstance(found, bytes):
            raise NotFound("A piece of a file is too large.")
        return found
