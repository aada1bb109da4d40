"""isthmus after-restore: what has to happen when a backup came back on another machine."""

import argparse
import sqlite3

import psycopg2

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
from homeserver.devices.one_time_keys import forget_unissued
from homeserver.errors import CannotStart
from homeserver.notifier import Notifier
from homeserver.storage.database import Database
from homeserver.storage.memory import Memory
from homeserver.storage.threads import InlineThreads

_EXAMPLES = """\
  isthmus after-restore --config /var/lib/isthmus/homeserver.yaml
"""


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(
        parsers,
        "after-restore",
        "drop the one-time keys of a restored database, which may have been handed out since",
        _EXAMPLES,
    )
    add_config_option(parser)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    database = open_database(load_settings(arguments).settings)
    failures: list[object] = []
    database.write(forget_unissued).addErrback(failures.append)
    database.close()
    if failures:
        raise CommandError(f"The keys could not be dropped: {failures[0]}")
    say("Done. Devices upload new keys when they next sync. Start the server.")
    return exit_codes.OK


def open_database(settings: Settings) -> Database:
    """For one command, while the server does not run."""
    try:
        return Database(dialect_of(settings), InlineThreads(), Notifier(), Memory())
    except (CannotStart, OSError, sqlite3.Error, psycopg2.Error) as error:
        raise CommandError(f"The database cannot be opened: {error}") from None


COMMAND = Command(_add, _run)
