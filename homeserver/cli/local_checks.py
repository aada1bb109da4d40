"""What `isthmus doctor` looks at on this machine."""

import os
import shutil
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
from signedjson.key import read_signing_keys

from homeserver import __file__ as package_file
from homeserver.cli.findings import Finding, good, problem, warning
from homeserver.config.settings import Settings
from homeserver.config.storage import PostgresqlDatabase

_GIB = 1024**3
_FEW_BYTES = 2 * _GIB
_TOO_FEW_BYTES = 200 * 1024**2


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database can be reached and written; nothing is changed."""
    if isinstance(settings.database, PostgresqlDatabase):
        yield _postgresql(settings.database.dsn)
    else:
        yield _sqlite(settings.database.path)


def _sqlite(path: Path) -> Finding:
    if not path.exists():
        folder = _existing(path)
        if os.access(folder, os.W_OK):
            return good("database", f"{path} is made at the first start.")
        return problem("database", f"{folder} cannot be written.", f"chown it: {folder}")
    try:
        connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=5)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
        finally:
            connection.close()
    except sqlite3.Error as error:
        return problem(
            "database",
            f"{path}: {error}.",
            "See who owns the file and its folder, and whether the disk is full; else restore it.",
        )
    return good("database", f"SQLite at {path} can be written.")


def _postgresql(dsn: str) -> Finding:
    try:
        connection = psycopg2.connect(dsn, connect_timeout=5)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery(), current_setting('server_encoding')")
                in_recovery, encoding = cursor.fetchone() or (False, "UTF8")
        finally:
            connection.close()
    except psycopg2.Error as error:
        reason = str(error).strip().split("\n")[0]
        return problem("database", f"PostgreSQL: {reason}", "Start it, or mend database.dsn.")
    if in_recovery:
        return problem("database", "PostgreSQL is a standby.", "Name the primary in database.dsn.")
    if encoding != "UTF8":
        return problem(
            "database",
            f"PostgreSQL keeps texts as {encoding}.",
            "Make the database again: createdb --encoding=UTF8 --template=template0 --locale=C",
        )
    return good("database", "PostgreSQL answers.")


def disk(settings: Settings) -> Iterator[Finding]:
    folders = {"media": settings.media.store_path}
    if not isinstance(settings.database, PostgresqlDatabase):
        folders["database"] = settings.database.path
    for name, path in folders.items():
        free = shutil.disk_usage(_existing(path)).free
        text = f"{free / _GIB:.1f} GiB free for {name}."
        if free < _TOO_FEW_BYTES:
            yield problem("disk", text, "Make room; a full disk stops the server.")
        elif free < _FEW_BYTES:
            yield warning("disk", text, "Make room soon.")
        else:
            yield good("disk", text)


def signing_key(settings: Settings) -> Iterator[Finding]:
    path = settings.signing_key_path
    if not path.exists():
        yield warning(
            "signing key",
            f"{path} is made at the first start.",
            "If this server has run before, restore the key: without it, nobody believes it.",
        )
        return
    try:
        with path.open() as stream:
            key = read_signing_keys(stream)[0]
    except OSError as error:
        yield problem("signing key", f"{path}: {error.strerror}.", f"chown it: {path}")
        return
    except Exception:
        # The library raises several kinds for what is no key.
        yield problem("signing key", f"{path} holds no key.", "Restore it from a backup.")
        return
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield problem("signing key", f"Others can read {path}.", f"chmod 600 {path}")
    else:
        yield good("signing key", f"{key.alg}:{key.version}")


def clock(settings: Settings) -> Iterator[Finding]:
    newest = max(path.stat().st_mtime for path in Path(package_file).parent.glob("*.py"))
    if time.time() < newest - 3600:
        yield problem("clock", "It is earlier than this program.", "Set the clock; use NTP.")
    elif _synchronized() == "no":
        yield warning("clock", "It is not synchronised.", "timedatectl set-ntp true")
    else:
        yield good("clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _synchronized() -> str:
    """What systemd knows: yes, no, or nothing."""
    try:
        answer = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def registration(settings: Settings) -> Iterator[Finding]:
    chosen = settings.registration
    if chosen.needs == "mail" and chosen.enabled and settings.mail.host is None:
        yield problem(
            "registration",
            "People need an address of e-mail to register, and no letter can be sent.",
            "Set mail.host.",
        )
    if chosen.enabled and chosen.needs == "nothing" and not is_private(settings):
        yield warning(
            "registration",
            "Anybody can make accounts, machines too.",
            "Set registration.needs to `token`, unless that is what you want.",
        )


def is_private(settings: Settings) -> bool:
    """Whether only this machine reaches the server."""
    addresses = {address for one in settings.listeners for address in one.bind_addresses}
    return settings.baseurl.startswith("http://") and addresses <= {"127.0.0.1", "::1"}


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above that exists."""
    while not path.is_dir():
        path = path.parent
    return path
