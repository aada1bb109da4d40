"""isthmus user: what is kept about somebody, taken out beside a server that may be running."""

import argparse
import sqlite3
from pathlib import Path

import psycopg2
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from homeserver.app import dialect_of
from homeserver.cli import exit_codes
from homeserver.cli.command import (
    Command,
    CommandError,
    Parsers,
    add_config_option,
    add_parser,
    load_settings,
    say,
)
from homeserver.config.settings import Settings
from homeserver.errors import CannotStart
from homeserver.events.ids import is_user_id
from homeserver.media.contents import Contents
from homeserver.media.reading_files import FilePieces
from homeserver.media.store import FileStore
from homeserver.media.threads import at_once
from homeserver.storage import accounts
from homeserver.storage.snapshots import Snapshot
from homeserver.users.archives import Archives

_EXAMPLES = """\
  isthmus user export @alice:example.org
  isthmus user export @alice:example.org --output /tmp/alice.zip

Files that are kept in a bucket (media.s3) and not in the folder as well are left out.
"""


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(parsers, "user", "take out what is kept about a user", _EXAMPLES)
    parser.add_argument("action", choices=["export"], help="what to do")
    parser.add_argument("user", metavar="USER", help="the user id")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="else NAME.zip, here")
    add_config_option(parser)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    settings = load_settings(arguments).settings
    user_id = str(arguments.user)
    if not is_user_id(user_id):
        raise CommandError(f"{user_id} is not a user id, like @alice:{settings.server_name}")
    path = arguments.output or Path(f"{user_id[1:].replace(':', '-').replace('/', '_')}.zip")
    if path.exists():
        raise CommandError(f"{path} is there already.")
    snapshot = open_snapshot(settings)
    try:
        export(settings, snapshot, user_id, path)
    finally:
        snapshot.close()
    say(f"{path} holds what is kept about {user_id}.")
    return exit_codes.OK


def open_snapshot(settings: Settings) -> Snapshot:
    try:
        return Snapshot.open(dialect_of(settings))
    except (CannotStart, OSError, sqlite3.Error, psycopg2.Error) as error:
        raise CommandError(f"The database cannot be read: {error}") from None


def export(settings: Settings, snapshot: Snapshot, user_id: str, path: Path) -> None:
    media = settings.media
    store = FileStore(media.store_path, media.max_upload_bytes, media.keep_free)
    archives = Archives(snapshot, FilePieces(Contents(snapshot, store, at_once)), at_once)

    async def work() -> None:
        if await snapshot.read(accounts.find, user_id) is None:
            raise CommandError(f"There is no account {user_id}.")
        await archives.write(user_id, path)

    failures: list[Failure] = []
    Deferred.fromCoroutine(work()).addErrback(failures.append)
    if failures:
        failures[0].raiseException()


COMMAND = Command(_add, _run)
