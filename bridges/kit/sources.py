"""Content of files, which nobody fetches before it is needed."""

from collections.abc import Awaitable, Callable

from attrs import field, frozen

from bridges.kit.failures import Rejected

MAX_BYTES = 100_000_000
"""More is never held in memory."""

Read = Callable[[int], Awaitable[bytes]]
"""Is given the most bytes that it may return; raises `Rejected` when there are more."""


@frozen
class Source:
    """Bytes that are here (`data`), a name by which the session's `fetch` gets them, also after a
    restart (`reference`), or something that reads them now (`later`). `size` where it is known.
    """

    data: bytes | None = field(default=None, repr=False)
    reference: str = ""
    size: int | None = None
    later: Read | None = field(default=None, repr=False, eq=False)

    async def read(self, max_bytes: int = MAX_BYTES) -> bytes:
        """Raises `Rejected` when there is more than that, or when it cannot be fetched."""
        if (self.size or len(self.data or b"")) > max_bytes:
            raise TooLarge(max_bytes)
        if self.data is not None:
            return self.data
        if self.later is None:
            raise Rejected("The file is kept on its network and was not fetched from there.")
        data = await self.later(max_bytes)
        if len(data) > max_bytes:
            raise TooLarge(max_bytes)
        return data


class TooLarge(Rejected):
    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than {max_bytes:,} bytes.")


def source(content: bytes | Source) -> Source:
    return Source(content, size=len(content)) if isinstance(content, bytes) else content


def kept_there(reference: str, size: int | None = None) -> Source:
    """What a session hands on without fetching it; it must define `fetch`."""
    return Source(reference=reference, size=size)
