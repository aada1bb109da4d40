"""Notices that the database was put back to an older state, and hands out none of its keys.

A backup holds one-time keys that may have been handed out since: used twice, they would break the
conversations of both who got them. So a file beside the signing key counts along with the database.
Where it is ahead at the start, the waiting keys are dropped, and clients upload new ones.
"""

import os
from pathlib import Path

from homeserver.devices.one_time_keys import forget_unissued
from homeserver.logs import logger
from homeserver.storage import key_claims
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

WIDTH = 20

log = logger(__name__)


class ClaimMarks:
    """The file is not synced: after a power cut it lags behind, and then nothing is dropped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def note(self, txn: Transaction) -> None:
        """Keys are handed out: count once for all that are committed together."""
        txn.at_end("key_claims", self._count)

    def _count(self, txn: Transaction) -> None:
        count = key_claims.count_up(txn)
        txn.after_commit(lambda: self.write(count))

    def write(self, count: int) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.pwrite(self._file, str(count).rjust(WIDTH).encode(), 0)

    def read(self) -> int:
        """0 where there is no file, or none of ours."""
        try:
            return int(self._path.read_bytes()[:WIDTH])
        except (FileNotFoundError, ValueError):
            return 0

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def place_of(signing_key_path: Path) -> Path:
    return signing_key_path.with_name(signing_key_path.name + ".claims")


async def check(db: Database, marks: ClaimMarks) -> None:
    """Before anybody is answered."""
    known = marks.read()
    if await db.write(drop_if_older, known):
        log.warning(
            "the database is older than what this server has done: it was restored from a backup. "
            "Waiting one-time keys were dropped; devices upload new ones when they next sync"
        )


def drop_if_older(txn: Transaction, known: int) -> bool:
    if known <= key_claims.counted(txn):
        return False
    forget_unissued(txn)
    key_claims.set_counted(txn, known)
    return True
