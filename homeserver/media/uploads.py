"""Files that our users upload, at once or to an address that was made before."""

from attrs import define, evolve, field, frozen

from homeserver.changes import Change
from homeserver.clock import Clock
from homeserver.config.media import Media as Settings
from homeserver.errors import Forbidden, LimitExceeded, MatrixError, NotFound
from homeserver.http.requester import Requester
from homeserver.media.addresses import check_address, content_uri, new_media_id
from homeserver.media.content_types import read_name, read_type
from homeserver.media.incoming import IncomingFile
from homeserver.media.keeping import Keeping
from homeserver.randomness import Random
from homeserver.storage import media, media_upkeep
from homeserver.storage.database import Database
from homeserver.storage.media import Media
from homeserver.storage.transaction import Transaction

COUNT_EVERY = 500
"""Uploads."""


@frozen
class MediaUploaded(Change):
    """What was announced has come."""

    media_id: str


class CannotOverwriteMedia(MatrixError):
    status = 409
    errcode = "M_CANNOT_OVERWRITE_MEDIA"


@frozen
class Description:
    """What an uploader says of a file."""

    content_type: str
    file_name: str | None

    @classmethod
    def read(cls, content_type: str, file_name: str | None) -> "Description":
        return cls(read_type(content_type), read_name(file_name))


@frozen
class UploadRules:
    server_name: str
    settings: Settings
    clock: Clock
    random: Random

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """How much one person, and all together, may have uploaded."""
        return self.settings.max_bytes_per_user, self.settings.max_bytes_of_all_users

    def new(self, user_id: str | None, *, expires_ts: int | None = None) -> Media:
        return Media(
            origin=self.server_name,
            media_id=new_media_id(self.random),
            user_id=user_id,
            created_ts=self.clock.now_ms(),
            expires_ts=expires_ts,
            file=None,
            size=0,
            content_type="",
            file_name=None,
            needs_token=self.settings.freeze_unauthenticated,
        )

    def of_others(self, origin: str, media_id: str) -> Media:
        """A file of another server."""
        new = self.new(None)
        return evolve(new, origin=origin, media_id=media_id, used_ts=new.created_ts)


@define
class UploadedTotal:
    """Of all users; counted anew now and then, as counting takes a look at every row."""

    _bytes: int = 0
    _uploads_left: int = 0

    def after(self, txn: Transaction, size: int) -> int:
        """What it will be with one more file."""
        if not self._uploads_left:
            self._bytes, self._uploads_left = media_upkeep.bytes_of_ours(txn), COUNT_EVERY
        self._uploads_left -= 1
        self._bytes += size
        return self._bytes


@frozen
class Uploads:
    _db: Database
    _keeping: Keeping
    _rules: UploadRules
    _total: UploadedTotal = field(factory=UploadedTotal)

    async def upload(self, by: Requester, body: bytes | IncomingFile, says: Description) -> str:
        """The new file's mxc:// URI."""
        new = self._rules.new(by.user_id)

        def record(txn: Transaction, hash: bytes, size: int) -> None:
            self._check_quota(txn, by, size)
            media.add(txn, described(new, hash, size, says))

        await self._keeping.keep(body, record)
        return content_uri(new.origin, new.media_id)

    async def create(self, by: Requester) -> tuple[str, int]:
        """An mxc:// URI to upload to, and until when that may be."""
        now_ms = self._rules.clock.now_ms()
        expires_ts = now_ms + self._rules.settings.pending_for
        new = self._rules.new(by.user_id, expires_ts=expires_ts)
        await self._db.write(self._create, by, new, now_ms)
        return content_uri(new.origin, new.media_id), expires_ts

    async def upload_to(
        self,
        by: Requester,
        address: tuple[str, str],
        body: bytes | IncomingFile,
        says: Description,
    ) -> None:
        """Upload to an address that the same user has made."""
        check_address(*address)
        await self._db.glance(self._check_pending, by, address)

        def record(txn: Transaction, hash: bytes, size: int) -> None:
            pending = self._check_pending(txn, by, address)
            self._check_quota(txn, by, size)
            media.remove(txn, pending)
            media.add(txn, described(pending, hash, size, says))
            txn.announce(MediaUploaded(txn.next_position(), pending.media_id))

        await self._keeping.keep(body, record)

    def _create(self, txn: Transaction, by: Requester, new: Media, now_ms: int) -> None:
        media.remove_expired(txn, now_ms)
        if not by.is_unlimited:
            pending = media.pending_of_user(txn, by.user_id, now_ms)
            if pending >= self._rules.settings.max_pending:
                raise LimitExceeded(60_000)
        media.add(txn, new)

    def _check_pending(self, txn: Transaction, by: Requester, address: tuple[str, str]) -> Media:
        """Raise unless it is the user's turn to upload there."""
        found = media.find(txn, *address)
        if found is None:
            raise NotFound("Nobody has made this address, or it has expired.")
        if found.user_id != by.user_id:
            raise Forbidden("Somebody else has made this address.")
        if found.file is not None:
            raise CannotOverwriteMedia("There is a file at this address already.")
        if found.expires_ts is not None and found.expires_ts <= self._rules.clock.now_ms():
            raise NotFound("This address has expired: nothing came in time.")
        return found

    def _check_quota(self, txn: Transaction, by: Requester, size: int) -> None:
        if by.is_unlimited:
            return
        limit, all_limit = self._rules.limits
        if limit is not None and media.bytes_of_user(txn, by.user_id) + size > limit:
            raise Forbidden("You have uploaded as much as one person may on this server.")
        if all_limit is not None and self._total.after(txn, size) > all_limit:
            raise MatrixError(
                "All people together have uploaded as much as this server takes.",
                status=403,
                errcode="M_RESOURCE_LIMIT_EXCEEDED",
            )


def described(pending: Media, hash: bytes, size: int, says: Description) -> Media:
    return evolve(
        pending,
        file=hash,
        size=size,
        content_type=says.content_type,
        file_name=says.file_name,
        expires_ts=None,
    )
