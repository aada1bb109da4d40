"""Accounts as administrators list them."""

from attrs import frozen

from homeserver.events.ids import localpart_of
from homeserver.json_values import JsonObject, decode
from homeserver.storage.transaction import Transaction


@frozen(kw_only=True)
class Listed:
    user_id: str
    user_type: str | None
    created_ts: int
    is_guest: bool
    is_admin: bool
    is_deactivated: bool
    is_shadow_banned: bool
    is_locked: bool
    is_suspended: bool
    is_erased: bool
    profile: JsonObject
    last_seen_ts: int | None

    @property
    def display_name(self) -> str | None:
        return self.profile.get("displayname")

    @property
    def avatar_url(self) -> str | None:
        return self.profile.get("avatar_url")

    def is_called(self, text: str) -> bool:
        """Whether the localpart, or the display name, holds this text."""
        wanted = text.lower()
        names = (localpart_of(self.user_id), self.display_name or "")
        return any(wanted in name.lower() for name in names)


FLAGS = ("is_guest", "is_admin", "is_deactivated", "is_locked")


def matching(txn: Transaction, flags: dict[str, bool], user_id: str = "") -> list[Listed]:
    """All accounts with these flags, whose id holds the text `user_id`; by id."""
    wanted = {name: flags[name] for name in FLAGS if name in flags}
    conditions = "".join(f" AND accounts.{name} = ?" for name in wanted)
    rows = txn.query(
        f"""
        SELECT accounts.user_id, user_type, created_ts, is_guest, is_admin, is_deactivated,
            is_shadow_banned, is_locked, is_suspended, is_erased, profiles.fields, seen.ts
        FROM accounts
        LEFT JOIN profiles ON profiles.user_id = accounts.user_id
        LEFT JOIN (
            SELECT user_id, MAX(last_seen_ts) AS ts FROM devices GROUP BY user_id
        ) AS seen ON seen.user_id = accounts.user_id
        WHERE 1 = 1 {conditions} ORDER BY accounts.user_id
        """,
        *(int(value) for value in wanted.values()),
    )
    return [
        Listed(
            user_id=row[0],
            user_type=row[1],
            created_ts=row[2],
            is_guest=bool(row[3]),
            is_admin=bool(row[4]),
            is_deactivated=bool(row[5]),
            is_shadow_banned=bool(row[6]),
            is_locked=bool(row[7]),
            is_suspended=bool(row[8]),
            is_erased=bool(row[9]),
            profile=object_in(row[10]),
            last_seen_ts=row[11],
        )
        for row in rows
        if user_id in row[0]
    ]


def object_in(text: str | None) -> JsonObject:
    value = decode(text.encode()) if text else {}
    return value if isinstance(value, dict) else {}
