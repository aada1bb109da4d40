"""Uploads as administrators list them; and files that quarantine does not hide."""

from attrs import frozen

from homeserver.storage import media, names
from homeserver.storage.account_lists import object_in
from homeserver.storage.media import Media
from homeserver.storage.transaction import Transaction


@frozen
class Usage:
    """What the uploads of a user take."""

    user_id: str
    display_name: str | None
    count: int
    length: int


def of_user(txn: Transaction, user_id: str, own: str) -> list[Media]:
    rows = txn.query(
        "SELECT media_id FROM media WHERE user_id = ? AND file IS NOT NULL ORDER BY created_ts",
        user_id,
    )
    found = (media.find(txn, own, media_id) for (media_id,) in rows)
    return [it for it in found if it is not None]


def usage(txn: Transaction, from_ts: int, until_ts: int) -> list[Usage]:
    """Of all users who have uploaded something between these times."""
    rows = txn.query(
        """
        SELECT used.user_id, profiles.fields, used.number, used.length FROM (
            SELECT user_id, COUNT(*) AS number, SUM(bytes) AS length FROM media
            WHERE user_id IS NOT NULL AND file IS NOT NULL AND created_ts >= ? AND created_ts <= ?
            GROUP BY user_id
        ) AS used LEFT JOIN profiles ON profiles.user_id = used.user_id
        """,
        from_ts,
        until_ts,
    )
    return [
        Usage(user_id, object_in(fields).get("displayname"), int(count), int(length))
        for user_id, fields, count, length in rows
    ]


def protect(txn: Transaction, media_id: str, protected: bool) -> None:
    if protected:
        txn.execute(
            "INSERT INTO protected_media (media_id) VALUES (?) ON CONFLICT DO NOTHING", media_id
        )
    else:
        txn.execute("DELETE FROM protected_media WHERE media_id = ?", media_id)


def protected(txn: Transaction) -> set[str]:
    return {media_id for (media_id,) in txn.query("SELECT media_id FROM protected_media")}


def is_protected(txn: Transaction, hash: bytes) -> bool:
    """Whether a file is shown, at one of its addresses at least, whatever happens."""
    row = txn.one(
        """
        SELECT 1 FROM media JOIN protected_media ON protected_media.media_id = media.media_id
        WHERE media.file = ? AND media.user_id IS NOT NULL LIMIT 1
        """,
        hash,
    )
    return row is not None


def pictures(txn: Transaction) -> set[str]:
    """The mxc:// URIs of the pictures of people and rooms."""
    profiles = txn.query("SELECT fields FROM profiles WHERE fields LIKE ?", "%avatar_url%")
    found = {object_in(fields).get("avatar_url") for (fields,) in profiles}
    rooms = txn.query(
        """
        SELECT events.json FROM current_state JOIN events
            ON events.position = current_state.position
        WHERE current_state.type = ?
        """,
        names.find(txn, "m.room.avatar") or 0,
    )
    for (json,) in rooms:
        content = object_in(json).get("content")
        found.add(content.get("url") if isinstance(content, dict) else None)
    return {uri for uri in found if isinstance(uri, str)}
