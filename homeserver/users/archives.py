"""Archives of what is kept about a user: written piece by piece, so that memory does not grow."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.events.ids import domain_of
from homeserver.http.bodies import IN_MEMORY_BYTES
from homeserver.json_values import encode
from homeserver.media.threads import Aside
from homeserver.storage import holdings, media_lists, memberships, spoken
from homeserver.storage.all_holdings import LISTED
from homeserver.storage.holdings import PAGE
from homeserver.storage.media import Media
from homeserver.storage.snapshots import Readable
from homeserver.storage.transaction import Transaction

EVENTS_AT_ONCE = 500
BEGINNING = -(2**62)
LIST_NAME = "about/{}.jsonl"
README = """\
What {server} keeps about {user}.

about/     what there is in each table of the database: one JSON object a line
events/    what {user} sent, by room: one event a line
media/     the files that {user} uploaded; about/media.jsonl says what they are

Passwords, tokens and the secrets of second factors are left out: of most of them the server itself
keeps hashes only.
"""


class Files(Protocol):
    async def piece(self, file: Media, start: int, length: int) -> bytes:
        """A part of a file; raises NotFound if the file is gone."""


Pieces = AsyncIterator[bytes]


@frozen(eq=False)
class Archives:
    _db: Readable
    _files: Files
    _aside: Aside

    async def write(self, user_id: str, path: Path) -> None:
        archive = ZipFile(path, "x", ZIP_DEFLATED)
        try:
            await self._fill(archive, user_id)
        finally:
            await self._aside(archive.close)

    async def _fill(self, archive: ZipFile, user_id: str) -> None:
        readme = README.format(server=domain_of(user_id), user=user_id)
        await self._add(archive, "README.txt", once(readme.encode()))
        for it in LISTED:
            await self._add(archive, LIST_NAME.format(it.title), self._rows(it, user_id))
        for room_id in await self._db.read(rooms_of, user_id):
            await self._add(
                archive, f"events/{safe(room_id)}.jsonl", self._events(user_id, room_id)
            )
        for file in await self._db.read(media_lists.of_user, user_id, domain_of(user_id)):
            await self._add(archive, f"media/{safe(file.media_id)}", self._file(file), ZIP_STORED)

    async def _add(
        self, archive: ZipFile, name: str, pieces: Pieces, how: int = ZIP_DEFLATED
    ) -> None:
        """Nothing is written where there is nothing to be said."""
        entry: Any = None
        async for piece in pieces:
            if entry is None:
                info = ZipInfo(name)
                info.compress_type = how
                entry = archive.open(info, "w", force_zip64=True)
            await self._aside(writing(entry, piece))
        if entry is not None:
            await self._aside(entry.close)

    async def _rows(self, it: holdings.Holding, user_id: str) -> Pieces:
        offset = 0
        while rows := await self._db.read(holdings.page, it, user_id, offset):
            yield b"".join(encode(row) + b"\n" for row in rows)
            offset += PAGE

    async def _events(self, user_id: str, room_id: str) -> Pieces:
        place = BEGINNING
        while found := await self._db.read(
            spoken.everything_by, user_id, room_id, place, EVENTS_AT_ONCE
        ):
            yield b"".join(event_line(event_id, json) for _, event_id, json in found)
            place = found[-1][0]

    async def _file(self, file: Media) -> Pieces:
        """A file that is gone leaves out nothing but itself."""
        for start in range(0, file.size, IN_MEMORY_BYTES):
            try:
                piece = await self._files.piece(
                    file, start, min(IN_MEMORY_BYTES, file.size - start)
                )
            except NotFound:
                return
            yield piece


def writing(entry: Any, piece: bytes) -> Callable[[], object]:
    return lambda: entry.write(piece)


async def once(piece: bytes) -> Pieces:
    yield piece


def event_line(event_id: str, json: str) -> bytes:
    return b'{"event_id":%b,"pdu":%b}\n' % (encode(event_id), json.encode())


def rooms_of(txn: Transaction, user_id: str) -> list[str]:
    return sorted(memberships.of_user(txn, user_id))


def safe(name: str) -> str:
    """For a name within an archive: it leads nowhere else."""
    return "".join(letter if letter.isalnum() or letter in "!:._-" else "_" for letter in name)
