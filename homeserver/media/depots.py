"""Where files are kept for good, if not in the folder: then the folder holds only some of them."""

from pathlib import Path
from typing import Protocol

from attrs import frozen

from homeserver.media.incoming import IncomingFile


class Depot(Protocol):
    """Names files by the hash of their content. Those that are no larger than `small_bytes` stay in
    the database instead.
    """

    @property
    def small_bytes(self) -> int: ...

    async def put(self, hash: bytes, incoming: IncomingFile) -> None:
        """Keep it; raises MatrixError if that fails."""

    async def bring(self, hash: bytes, size: int) -> bool:
        """Put a file into the folder again; False if it is not there either."""

    async def remove(self, hash: bytes) -> None: ...

    async def clear_folder(self) -> int:
        """Take files out of the folder that need not be there; how many bytes that frees."""


@frozen
class OnlyTheFolder:
    """There is no other place."""

    small_bytes: int = 0

    async def put(self, hash: bytes, incoming: IncomingFile) -> None: ...

    async def bring(self, hash: bytes, size: int) -> bool:
        return False

    async def remove(self, hash: bytes) -> None: ...

    async def clear_folder(self) -> int:
        return 0


def key_of(prefix: str, hash: bytes) -> str:
    name = hash.hex()
    return f"{prefix}{Path(name[:2], name[2:4], name[4:]).as_posix()}"
