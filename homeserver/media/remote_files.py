"""Files of other servers: fetched when first asked for, and kept while there is room.

Spec: Server-Server API, "Content Repository".
"""

from attrs import field, frozen

from homeserver.errors import Forbidden, LimitExceeded, MatrixError, NotFound
from homeserver.http.client import Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.logs import logger
from homeserver.media.arriving import Arriving, TooLargeElsewhere
from homeserver.media.downloads import NotYetUploaded
from homeserver.media.keeping import Keeping
from homeserver.media.multipart import MAX_OVERHEAD, BadMultipart
from homeserver.media.remote_room import RemoteRoom
from homeserver.media.store import FileStore
from homeserver.media.together import Together
from homeserver.media.uploads import UploadRules, described
from homeserver.peers.errors import AnswersTooMuch, NotAdmitted, PeerError, RemoteError
from homeserver.peers.lanes import Lane
from homeserver.peers.servers import Peers, Query, path_of
from homeserver.storage import media
from homeserver.storage.transaction import Transaction

MINE = "/_matrix/federation/v1/media/download/{}"
OLD = "/_matrix/media/v3/download/{}/{}"
SECONDS = 240.0
"""For a whole file, once it is there."""
MAX_REDIRECTS = 5
AT_ONCE, OF_ONE_SERVER, MAY_WAIT = 100, 8, 500

log = logger(__name__)


class Unavailable(MatrixError):
    status = 502

    def __init__(self, server: str) -> None:
        super().__init__(f"This file could not be fetched from {server}.")


@frozen(eq=False)
class Doors:
    """Other servers, and where they send us for a file."""

    peers: Peers
    client: Client


@frozen(eq=False)
class RemoteFiles:
    _doors: Doors
    _store: FileStore
    _keeping: Keeping
    _rules: UploadRules
    _room: RemoteRoom
    _fetching: Together[tuple[str, str], None] = field(factory=Together)
    _lane: Lane = field(factory=lambda: Lane(AT_ONCE, MAY_WAIT))
    _lanes: dict[str, Lane] = field(factory=dict)

    async def fetch(self, origin: str, media_id: str, wait_ms: int) -> None:
        """Bring the file into the store, once for all who ask meanwhile; raises MatrixError."""
        address = origin, media_id
        await self._fetching.once(address, lambda: self._in_turn(address, wait_ms))

    async def _in_turn(self, address: tuple[str, str], wait_ms: int) -> None:
        """A slow server holds up nobody but those who want its files."""
        of_server = self._lanes.setdefault(address[0], Lane(OF_ONE_SERVER, MAY_WAIT))
        if of_server.is_full or self._lane.is_full:
            raise LimitExceeded(30_000)
        try:
            await of_server.run(self._lane.run(self._fetch(address, wait_ms)))
        finally:
            if of_server.is_idle:
                self._lanes.pop(address[0], None)

    async def _fetch(self, address: tuple[str, str], wait_ms: int) -> None:
        arriving = Arriving(self._store, self._rules.settings.max_remote_bytes)
        try:
            await self._bring(address, wait_ms, arriving)
            await self._keep(address, arriving)
        except (OutgoingError, BadMultipart) as error:
            log.info("a file of %s was not fetched: %s", address[0], error)
            raise Unavailable(address[0]) from None
        except PeerError as error:
            raise _explained(address[0], error) from None
        finally:
            arriving.discard()

    async def _bring(self, address: tuple[str, str], wait_ms: int, arriving: Arriving) -> None:
        origin, media_id = address
        peers, query = self._doors.peers, {"timeout_ms": str(wait_ms)}
        limits = self._limits(wait_ms)
        try:
            await peers.fetch(
                origin,
                path_of(MINE, media_id),
                query=query,
                limits=limits,
                sink=arriving.open_parts,
            )
            arriving.finish()
        except RemoteError as error:
            if not _knows_no_better(error):
                raise
            await self._bring_as_of_old(address, query, limits, arriving)
        if arriving.location:
            await self._follow(arriving)

    async def _bring_as_of_old(
        self, address: tuple[str, str], query: Query, limits: Limits, arriving: Arriving
    ) -> None:
        """From a server that has no files for servers, but some for everybody."""
        await self._doors.peers.fetch(
            address[0],
            path_of(OLD, *address),
            query={**query, "allow_remote": "false", "allow_redirect": "true"},
            limits=limits,
            sink=arriving.open,
            signed=False,
        )

    async def _follow(self, arriving: Arriving) -> None:
        """The file lies elsewhere: anybody may fetch it there, for a while."""
        if not arriving.location.startswith("https://"):
            raise BadMultipart("a redirect leads to what is no https address")
        outgoing = Outgoing("GET", arriving.location, sink=arriving.open)
        answer = await self._doors.client.request(outgoing, self._limits(0))
        if not 200 <= answer.status < 300:
            raise BadMultipart(f"where the file should be, the answer has status {answer.status}")

    def _limits(self, wait_ms: int) -> Limits:
        size = self._rules.settings.max_remote_bytes + 2 * MAX_OVERHEAD
        return Limits(wait_ms / 1000 + SECONDS, size, MAX_REDIRECTS)

    async def _keep(self, address: tuple[str, str], arriving: Arriving) -> None:
        if arriving.file is None:
            raise BadMultipart("there is no file in the answer")

        def record(txn: Transaction, hash: bytes, size: int) -> None:
            new = self._rules.of_others(*address)
            media.add(txn, described(new, hash, size, arriving.says))

        try:
            await self._keeping.keep(arriving.file, record)
        except Forbidden as error:
            # Quarantined: the same is told of files that are here.
            raise NotFound(error.message) from None
        await self._room.take(arriving.file.size)


def _knows_no_better(error: RemoteError) -> bool:
    """Whether the server is one from before files were only for servers that sign."""
    return error.errcode == "M_UNRECOGNIZED" or (error.status == 404 and not error.errcode)


def _explained(server: str, error: PeerError) -> MatrixError:
    if isinstance(error, AnswersTooMuch):
        return TooLargeElsewhere()
    if isinstance(error, NotAdmitted):
        return NotFound("This server does not talk with the one that has this file.")
    if isinstance(error, RemoteError):
        if error.errcode == "M_NOT_YET_UPLOADED":
            return NotYetUploaded("This file was announced, but has not come yet.")
        if error.errcode == "M_TOO_LARGE":
            return TooLargeElsewhere()
        if error.status in (401, 403, 404):
            return NotFound("The other server has no such file for this one.")
    log.info("a file of %s was not fetched: %s", server, error)
    return Unavailable(server)
