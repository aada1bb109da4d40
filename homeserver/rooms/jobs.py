"""Long work: begun at once, done behind the scenes, taken up again after a restart."""

from collections.abc import Awaitable, Callable

from attrs import evolve, frozen
from twisted.internet.defer import Deferred

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import MatrixError, NotFound
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.randomness import Random
from homeserver.storage import admin_jobs
from homeserver.storage.admin_jobs import ACTIVE, COMPLETE, FAILED, SCHEDULED, UNFINISHED, Job
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

__all__ = ["Job", "JobSearch", "Jobs"]

MOST_SHOWN = 1000
KEPT_MS = 7 * 24 * 3_600_000
"""For so long one can ask how finished work went."""

Step = Callable[[Transaction, Job], tuple[JsonObject, bool]]
"""Does a portion in a transaction: the new progress, and whether there is more to do."""

log = logger(__name__)


@frozen(kw_only=True)
class JobSearch:
    """None where it does not matter."""

    kind: str | None = None
    subject: str | None = None
    status: str | None = None
    before_ts: int

    def matches(self, job: Job) -> bool:
        wanted = (self.kind, self.subject, self.status)
        held = (job.kind, job.subject, job.status)
        return all(want in (None, has) for want, has in zip(wanted, held, strict=True))


class Jobs:
    def __init__(self, db: Database, clock: Clock, random: Random) -> None:
        self._db = db
        self._clock = clock
        self._random = random
        self._work: dict[str, Callable[[Job], Awaitable[Job]]] = {}

    def register(self, kind: str, work: Callable[[Job], Awaitable[Job]]) -> None:
        """`work` does all that is left of a job, and is told again where an earlier run ended."""
        self._work[kind] = work

    async def start(self) -> None:
        for job in await self._db.read(admin_jobs.unfinished):
            Deferred.fromCoroutine(self.finish(job))

    async def begin(self, kind: str, subject: str, wish: JsonObject) -> Job:
        """Raises MatrixError while there is such work on the same subject."""
        now_ms = self._clock.now_ms()
        id = randomness.token(self._random, 16)
        job = Job(id, kind, subject, SCHEDULED, now_ms, wish)
        await self._db.write(self._add, job)
        return job

    def run(self, job: Job) -> str:
        """Begin to work behind the scenes; the job's id."""
        Deferred.fromCoroutine(self.finish(job))
        return job.id

    async def finish(self, job: Job) -> Job:
        """Work to the end, whatever it is."""
        try:
            job = await self.save(evolve(job, status=ACTIVE))
            return await self.save(evolve(await self._work[job.kind](job), status=COMPLETE))
        except Exception as error:
            log.exception("%s of %s failed", job.kind, job.subject)
            kept = await self._db.read(admin_jobs.find, job.kind, job.id) or job
            told = error.message if isinstance(error, MatrixError) else "The server's log says why."
            progress = {**kept.progress, "error": told}
            return await self.save(evolve(kept, status=FAILED, progress=progress))

    async def step_through(self, job: Job, step: Step) -> Job:
        """Do portion after portion, and remember the progress with each."""
        more = True
        while more:
            job, more = await self._db.write(self._step, job, step)
        return job

    async def find(self, kind: str, id: str) -> Job:
        """Raises NotFound."""
        job = None if "\0" in id else await self._db.read(admin_jobs.find, kind, id)
        if job is None:
            raise NotFound("There is no such work, or it was done long ago.")
        return job

    async def of_subject(self, kind: str, subject: str) -> list[Job]:
        return await self._db.read(admin_jobs.of_subject, kind, subject)

    async def found(self, search: JobSearch) -> list[Job]:
        """Newest first."""
        jobs = await self._db.read(admin_jobs.newest, search.before_ts, MOST_SHOWN)
        return [job for job in jobs if search.matches(job)]

    async def save(self, job: Job) -> Job:
        await self._db.write(admin_jobs.save, job, self._clock.now_ms())
        return job

    def _add(self, txn: Transaction, job: Job) -> None:
        now_ms = self._clock.now_ms()
        admin_jobs.forget_finished(txn, now_ms - KEPT_MS)
        others = admin_jobs.of_subject(txn, job.kind, job.subject)
        if any(other.status in UNFINISHED for other in others):
            raise MatrixError("The server is still busy with the same work.")
        admin_jobs.save(txn, job, now_ms)

    def _step(self, txn: Transaction, job: Job, step: Step) -> tuple[Job, bool]:
        progress, more = step(txn, job)
        job = evolve(job, progress=progress)
        admin_jobs.save(txn, job, self._clock.now_ms())
        return job, more
