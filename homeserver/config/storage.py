"""Settings of what is kept: the database, caches, old messages."""

from pathlib import Path
from typing import Literal

import attrs
from attrs import frozen

from homeserver.config.fields import required, setting
from homeserver.config.forms import Count, Duration, Size


@frozen(kw_only=True)
class SqliteDatabase:
    """SQLite: one file and nothing to install; right for up to a few hundred people."""

    engine: Literal["sqlite"] = setting("sqlite", "The kind of database.")
    path: Path = setting(Path("homeserver.db"), "For `sqlite`: the file. It is made when absent.")


@frozen(kw_only=True)
class PostgresqlDatabase:
    """PostgreSQL: for larger servers."""

    engine: Literal["postgresql"] = setting("postgresql", "The kind of database.")
    dsn: str = attrs.field(
        repr=False,
        metadata=required(
            "For `postgresql`: how to reach it, `postgresql://isthmus:PASSWORD@localhost/isthmus`, "
            "or libpq's `host=... dbname=...`.",
            secret=True,
        ),
    )
    connections: Count = setting(5, "For `postgresql`: how many connections read at the same time.")


Database = SqliteDatabase | PostgresqlDatabase


@frozen(kw_only=True)
class Caches:
    """What is kept in memory. More makes a busy server quicker."""

    size: Size = setting(64 * 1024**2, "How much memory all caches together may take.")


@frozen(kw_only=True)
class Retention:
    """How long messages are kept. State, such as a room's name and members, always is."""

    enabled: bool = setting(
        False,
        "Whether old messages are deleted: by `max_lifetime`, and in rooms that ask for it by "
        "their `m.room.retention`.",
    )
    max_lifetime: Duration | None = setting(
        None, "Messages older than this go, also where the room says nothing.", example="365d"
    )
    min_lifetime: Duration | None = setting(
        None, "A room cannot ask for its messages to go sooner than this.", example="1d"
    )
    interval: Duration = setting(3_600_000, "How often the old ones are looked for.")
    keep_redacted: Duration = setting(
        604_800_000,
        "How long moderators can see what a redacted message said. Then nobody can any more.",
    )
