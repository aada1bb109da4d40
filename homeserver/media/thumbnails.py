"""Thumbnails: made when first asked for, then kept as long as there is room."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from attrs import evolve, field, frozen

from homeserver.clock import Clock
from homeserver.errors import MatrixError, TooLarge
from homeserver.media.contents import Content
from homeserver.media.depots import Depot, OnlyTheFolder
from homeserver.media.sandbox_process import SandboxFailed
from homeserver.media.sandboxes import Sandbox
from homeserver.media.store import FileStore
from homeserver.media.threads import Aside
from homeserver.media.thumbnail_sizes import choose, name_of
from homeserver.media.together import Together
from homeserver.storage import media_contents, media_thumbnails
from homeserver.storage.database import Database
from homeserver.storage.media import Media
from homeserver.storage.media_thumbnails import Made, Size

TOUCH_EVERY_MS = 86_400_000
EVICT_AT_ONCE = 100
RETRY_AFTER_MS = 3_600_000
MAX_FAILED = 1000
TOO_MUCH = Made("too_large", "", 0, 0)


@frozen(kw_only=True)
class Wish:
    width: int
    height: int
    method: str
    animated: bool


class CannotThumbnail(MatrixError):
    """Spec: "the server cannot thumbnail the content"."""


@frozen(eq=False)
class Files:
    """Where the pictures are."""

    store: FileStore
    aside: Aside
    depot: Depot = field(factory=OnlyTheFolder)


class Thumbnails:
    def __init__(self, db: Database, files: Files, sandbox: Sandbox, clock: Clock) -> None:
        self._db = db
        self._store, self._aside, self._depot = files.store, files.aside, files.depot
        self._sandbox = sandbox
        self._clock = clock
        self._making: Together[tuple[bytes, Size], Made] = Together()
        self._failed: dict[bytes, int] = {}

    async def of(self, found: Media, wish: Wish) -> Content:
        """Raises CannotThumbnail for what is no picture, TooLarge for too large a one."""
        assert found.file is not None
        size = choose(wish.width, wish.height, wish.method, animated=wish.animated)
        made = await self._db.glance(media_thumbnails.find, found.file, size)
        if made is None or not self._is_there(found.file, size, made):
            made = await self._make_together(found, size)
        elif self._clock.now_ms() - made.used_ts > TOUCH_EVERY_MS:
            await self._db.write(media_thumbnails.touch, found.file, size, self._clock.now_ms())
        return self._content(found, size, made)

    def _content(self, found: Media, size: Size, made: Made) -> Content:
        assert found.file is not None
        if made.outcome == "too_large":
            status = 502 if found.is_of_others else 413
            raise TooLarge("This picture is too large to make a thumbnail of it.", status=status)
        if made.outcome == "unreadable":
            raise CannotThumbnail("There are no thumbnails of files of this kind.")
        ending = made.content_type.partition("/")[2]
        shown = f"inline; filename=thumbnail.{ending}"
        if made.outcome == "original":
            path, length, file = self._store.name(found.file), found.size, found.file
        else:
            path, length = self._store.thumbnail_path(found.file, name_of(size)), made.size
            file = None
        tag = f"{found.file.hex()[:32]}-{name_of(size)}"
        return Content(path, length, made.content_type, shown, tag, file)

    def _is_there(self, file: bytes, size: Size, made: Made) -> bool:
        """Not after a power failure, perhaps: thumbnails are not worth waiting for the disk."""
        if made.outcome != "made":
            return True
        return self._store.thumbnail_size(file, name_of(size)) == made.size

    # -- making

    async def _make_together(self, found: Media, size: Size) -> Made:
        assert found.file is not None
        file = found.file
        if self._store.size(file) is None:
            await self._depot.bring(file, found.size)
        return await self._making.once((file, size), lambda: self._make(file, size))

    async def _make(self, file: bytes, size: Size) -> Made:
        now_ms = self._clock.now_ms()
        if now_ms - self._failed.get(file, -RETRY_AFTER_MS) < RETRY_AFTER_MS:
            return TOO_MUCH
        try:
            async with self._on_disk(file) as path:
                made = await self._ask(file, path, size, now_ms)
        except SandboxFailed:
            # It would fail again; but perhaps it was not the picture's fault, so not for ever.
            if len(self._failed) >= MAX_FAILED:
                self._failed.clear()
            self._failed[file] = now_ms
            return TOO_MUCH
        await self._db.write(media_thumbnails.save, file, size, made)
        return made

    @asynccontextmanager
    async def _on_disk(self, file: bytes) -> AsyncIterator[str]:
        """The path of a file; one that is kept in the database is written to the disk meanwhile."""
        content = await self._db.read(media_contents.find, file)
        if content is None:
            yield self._store.name(file)
            return
        path = self._store.new_incoming_path()
        try:
            await self._aside(partial(path.write_bytes, content))
            yield str(path)
        finally:
            path.unlink(missing_ok=True)

    async def _ask(self, file: bytes, path: str, size: Size, now_ms: int) -> Made:
        target = self._store.new_incoming_path()
        try:
            answer = await self._sandbox.ask(
                {
                    "task": "thumbnail",
                    "path": path,
                    "target": str(target),
                    "width": size.width,
                    "height": size.height,
                    "method": size.method,
                    "animated": size.animated,
                }
            )
            made = Made(str(answer["outcome"]), str(answer.get("content_type", "")), 0, now_ms)
            if made.outcome == "made":
                name = name_of(size)
                length = await self._aside(lambda: self._store.keep_thumbnail(target, file, name))
                made = evolve(made, size=length)
            return made
        finally:
            target.unlink(missing_ok=True)

    # -- making room

    async def shrink(self, max_bytes: int) -> int:
        """Delete those unused longest until all take at most so many; the bytes freed."""
        total = await self._db.read(media_thumbnails.total_bytes)
        freed = 0
        while total - freed > max_bytes:
            surplus = total - freed - max_bytes
            taken = await self._db.write(media_thumbnails.take_oldest, surplus, EVICT_AT_ONCE)
            if not taken:
                break
            freed += sum(length for _, _, length in taken)
            await self._aside(partial(self._remove, taken))
        return freed

    def _remove(self, taken: list[tuple[bytes, Size, int]]) -> None:
        for file, size, _ in taken:
            self._store.remove_thumbnail(file, name_of(size))
