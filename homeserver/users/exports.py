"""People take along what is kept about them: an archive is made, and can be fetched for a day."""

import os
from hashlib import sha256
from io import FileIO
from pathlib import Path

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.errors import NotFound
from homeserver.http.response import Response
from homeserver.json_values import JsonObject
from homeserver.media.contents import FilePart
from homeserver.media.threads import Aside
from homeserver.rooms.jobs import Job, Jobs
from homeserver.storage.admin_jobs import COMPLETE
from homeserver.users.archives import Archives

KIND = "user_export"
KEPT_MS = 24 * 3_600_000
ZIP = "application/zip"


@frozen
class Ready:
    """An archive that can be fetched until a time."""

    id: str
    size: int
    expires_ts: int


@frozen(eq=False)
class Exports:
    _jobs: Jobs
    _archives: Archives
    _clock: Clock
    _aside: Aside
    _folder: Path

    async def begin(self, user_id: str) -> str:
        """The id of the work. One archive of a user at a time: the last one goes."""
        job = await self._jobs.begin(KIND, user_id, {})
        await self.forget(user_id)
        return self._jobs.run(job)

    async def work(self, job: Job) -> Job:
        """Begun anew where an earlier run of the server ended."""
        path = self._path(job)
        await self._aside(lambda: make_way(path))
        try:
            await self._archives.write(job.subject, path)
        except BaseException:
            await self._aside(lambda: path.unlink(missing_ok=True))
            raise
        size = await self._aside(lambda: path.stat().st_size)
        expires_ts = self._clock.now_ms() + KEPT_MS
        return evolve(job, progress={"bytes": size, "expires_ts": expires_ts})

    async def status(self, user_id: str, id: str) -> JsonObject:
        """Raises NotFound."""
        job = await self._find(user_id, id)
        return {"status": job.status, **job.progress}

    async def is_under_way(self, user_id: str) -> bool:
        jobs = await self._jobs.of_subject(KIND, user_id)
        return any(job.status in ("scheduled", "active") for job in jobs)

    async def newest(self, user_id: str) -> Ready | None:
        found = list(map(self._ready, await self._jobs.of_subject(KIND, user_id)))
        return next((ready for ready in reversed(found) if ready is not None), None)

    async def fetch(self, user_id: str, id: str) -> Response:
        """The archive itself; raises NotFound when it is too late."""
        job = await self._find(user_id, id)
        if self._ready(job) is None:
            raise NotFound("This archive is not there (any more).")
        file = await self._aside(lambda: FileIO(self._path(job)))
        name = f"{user_id[1:].replace(':', '-')}.zip"
        headers = (
            ("Content-Disposition", f'attachment; filename="{plain(name)}"'),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        )
        source = FilePart(file, 0, os.fstat(file.fileno()).st_size, self._aside)
        return Response(b"", 200, ZIP, headers, source)

    async def forget(self, user_id: str) -> None:
        """Delete the archives of somebody."""
        await self._aside(lambda: self._delete_of(user_id))

    async def sweep(self) -> None:
        """Delete what nobody fetches any more."""
        await self._aside(self._delete_old)

    def _delete_of(self, user_id: str) -> None:
        for path in self._folder.glob(f"{digest(user_id)}-*.zip"):
            path.unlink(missing_ok=True)

    def _delete_old(self) -> None:
        before = (self._clock.now_ms() - KEPT_MS) / 1000
        for path in self._folder.glob("*.zip"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    async def _find(self, user_id: str, id: str) -> Job:
        job = await self._jobs.find(KIND, id)
        if job.subject != user_id:
            raise NotFound("There is no such work, or it was done long ago.")
        return job

    def _ready(self, job: Job) -> Ready | None:
        expires_ts = int(job.progress.get("expires_ts") or 0)
        is_there = job.status == COMPLETE and expires_ts > self._clock.now_ms()
        if not is_there or not self._path(job).is_file():
            return None
        return Ready(job.id, int(job.progress["bytes"]), expires_ts)

    def _path(self, job: Job) -> Path:
        return self._folder / f"{digest(job.subject)}-{job.id}.zip"


def make_way(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def digest(user_id: str) -> str:
    return sha256(user_id.encode()).hexdigest()[:32]


def plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
