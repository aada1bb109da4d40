"""The folder of files. Each is named by the SHA-256 of its content, so it is stored once.

`files/` holds what people sent, `thumbnails/` what was made of it, `incoming/` what is not
complete.
"""

import os
import shutil
from pathlib import Path
from uuid import uuid4

from homeserver.media.incoming import IncomingFile, NoRoom

FREE_SPACE_CHECK_BYTES = 1024 * 1024
"""Of smaller files so many fit into the margin that the disk is not asked each time."""


class FileStore:
    """All but `open` may wait for the disk: call it aside. Folders are made when first needed."""

    def __init__(self, folder: Path, max_bytes: int, keep_free: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._files = str(folder / "files")
        self._thumbnails = str(folder / "thumbnails")
        self._keep_free = keep_free
        self._expected = 0
        self._free = 0
        self._unasked = 0

    def open(self, expected: int) -> IncomingFile:
        """Raises NoRoom when a file of about this size would leave too little on the disk."""
        path = self.new_incoming_path()
        self.check_room(expected)
        file = open(path, "xb")  # noqa: SIM115
        self._expected += expected

        def done() -> None:
            self._expected -= expected

        return IncomingFile(path, file, done)

    def check_room(self, expected: int) -> None:
        """Raises NoRoom when so much more would leave too little on the disk."""
        if not self._has_room(expected):
            raise NoRoom()

    def new_incoming_path(self) -> Path:
        """For a file that somebody else will write."""
        folder = self.folder / "incoming"
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid4().hex

    def keep(self, incoming: IncomingFile) -> None:
        """Move it to its place, safe from a power failure."""
        target = self.path(incoming.hash)
        try:
            incoming.flush()
            if _size(target) == incoming.size:
                incoming.discard()
                return
            os.fsync(incoming.fileno())
            _make_folder(target.parent)
            incoming.path.replace(target)
        except OSError:
            incoming.discard()
            raise
        incoming.over()
        sync_folder(target.parent)

    def path(self, hash: bytes) -> Path:
        return Path(self.name(hash))

    def name(self, hash: bytes) -> str:
        """Its path, in the form that costs least to make."""
        return f"{self._files}/{_place(hash)}"

    def remove(self, hash: bytes) -> int:
        """A file with its thumbnails; the bytes that this frees."""
        return sum(map(_remove, (self.name(hash), *self._thumbnails_of(hash))))

    def size(self, hash: bytes) -> int | None:
        """None if it is not there."""
        return _size(self.name(hash))

    def hashes(self, first: int) -> dict[bytes, float]:
        """Files, and those that thumbnails are of, whose hash begins with a byte; when each was
        changed, in seconds.
        """
        found: dict[bytes, float] = {}
        for kind in ("files", "thumbnails"):
            for path in (self.folder / kind).glob(f"{first:02x}/?/*"):
                hash = _hash_at(path)
                if hash is not None:
                    found[hash] = max(found.get(hash, 0.0), _changed(path))
        return found

    def shrink_files(self, most: int) -> int:
        """Delete those that came first until all take at most so many bytes; the bytes freed."""
        found = sorted(
            (_changed(path), path.stat().st_size, path)
            for path in (self.folder / "files").glob("*/?/*")
        )
        surplus = sum(size for _, size, _ in found) - most
        freed = 0
        for _, size, path in found:
            if freed >= surplus:
                break
            path.unlink(missing_ok=True)
            freed += size
        return freed

    def leftovers(self, before: float) -> list[Path]:
        """Incomplete files that nobody has written to since."""
        found = (self.folder / "incoming").glob("*")
        return [path for path in found if _changed(path) < before]

    # -- thumbnails

    def thumbnail_path(self, hash: bytes, name: str) -> str:
        return f"{self._thumbnails}/{_place(hash)}-{name}"

    def thumbnail_size(self, hash: bytes, name: str) -> int | None:
        """None if it is not there."""
        return _size(self.thumbnail_path(hash, name))

    def keep_thumbnail(self, made: Path, hash: bytes, name: str) -> int:
        """Move it to its place; its size. It can be made again, so it need not be safe."""
        target = Path(self.thumbnail_path(hash, name))
        target.parent.mkdir(parents=True, exist_ok=True)
        size = made.stat().st_size
        made.replace(target)
        return size

    def remove_thumbnail(self, hash: bytes, name: str) -> int:
        return _remove(self.thumbnail_path(hash, name))

    def _thumbnails_of(self, hash: bytes) -> list[str]:
        path = Path(self.thumbnail_path(hash, "*"))
        return list(map(str, path.parent.glob(path.name)))

    def lacking(self) -> int:
        """How many bytes must go until half as much again as must stay free is free."""
        if not self.folder.is_dir():
            return 0
        return max(0, self._keep_free * 3 // 2 - shutil.disk_usage(self.folder).free)

    def _has_room(self, expected: int) -> bool:
        """Asks the disk for each large file, and once for many small ones."""
        self._unasked += expected
        if self._unasked > FREE_SPACE_CHECK_BYTES or not self._free:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._free = shutil.disk_usage(self.folder).free
            self._unasked = 0
        return self._free - self._expected - expected >= self._keep_free


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(hash: bytes) -> str:
    """Below one of 4096 folders: few enough that most uploads need no new one."""
    name = hash.hex()
    return f"{name[:2]}/{name[2]}/{name[3:]}"


def _hash_at(path: Path) -> bytes | None:
    name = path.parent.parent.name + path.parent.name + path.name.partition("-")[0]
    try:
        return bytes.fromhex(name)
    except ValueError:
        return None


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def _size(path: str | Path) -> int | None:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None


def _remove(path: str) -> int:
    size = _size(path)
    Path(path).unlink(missing_ok=True)
    return size or 0
