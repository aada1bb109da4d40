"""Where users want to be notified."""

from attrs import frozen

from homeserver.changes import PushersChanged
from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage.transaction import Row, Transaction


@frozen
class Pusher:
    """`id` is the place on the number line where it was made; `content` is what its user set."""

    id: int
    user_id: str
    device_id: str
    is_enabled: bool
    is_activated: bool
    set_ts: int
    badge: int
    content: JsonObject

    @property
    def kind(self) -> str:
        return str(self.content["kind"])

    @property
    def app_id(self) -> str:
        return str(self.content["app_id"])

    @property
    def pushkey(self) -> str:
        return str(self.content["pushkey"])

    @property
    def data(self) -> JsonObject:
        data: JsonObject = self.content["data"]
        return data


_COLUMNS = "position, user_id, device_id, enabled, activated, set_ts, badge, content"


def of_user(txn: Transaction, user_id: str) -> list[Pusher]:
    """Oldest first."""
    rows = txn.query(f"SELECT {_COLUMNS} FROM pushers WHERE user_id = ? ORDER BY position", user_id)
    return [_read(row) for row in rows]


def find(txn: Transaction, pusher: int) -> Pusher | None:
    row = txn.one(f"SELECT {_COLUMNS} FROM pushers WHERE position = ?", pusher)
    return None if row is None else _read(row)


def find_by_key(txn: Transaction, user_id: str, app_id: str, pushkey: str) -> Pusher | None:
    row = txn.one(
        f"SELECT {_COLUMNS} FROM pushers WHERE user_id = ? AND app_id = ? AND pushkey = ?",
        user_id,
        app_id,
        pushkey,
    )
    return None if row is None else _read(row)


def of_app(txn: Transaction, user_id: str, app_id: str) -> list[Pusher]:
    return [pusher for pusher in of_user(txn, user_id) if pusher.app_id == app_id]


def at_work(txn: Transaction) -> list[Pusher]:
    """All that are enabled and activated."""
    rows = txn.query(f"SELECT {_COLUMNS} FROM pushers WHERE enabled = 1 AND activated = 1")
    return [_read(row) for row in rows]


def add(txn: Transaction, pusher: Pusher) -> Pusher:
    """Keep a new pusher; as it is known from now on."""
    added = txn.next_position()
    txn.execute(
        """
        INSERT INTO pushers (position, user_id, app_id, pushkey, device_id, enabled, activated,
            set_ts, content)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        added,
        pusher.user_id,
        pusher.app_id,
        pusher.pushkey,
        pusher.device_id,
        int(pusher.is_enabled),
        int(pusher.is_activated),
        pusher.set_ts,
        encode(pusher.content).decode(),
    )
    _announce(txn, pusher.user_id)
    return Pusher(
        added,
        pusher.user_id,
        pusher.device_id,
        pusher.is_enabled,
        pusher.is_activated,
        pusher.set_ts,
        0,
        pusher.content,
    )


def change(txn: Transaction, pusher: Pusher) -> None:
    """Keep all but the badge of one that is known by its id."""
    txn.execute(
        """
        UPDATE pushers SET device_id = ?, enabled = ?, activated = ?, set_ts = ?, content = ?
        WHERE position = ?
        """,
        pusher.device_id,
        int(pusher.is_enabled),
        int(pusher.is_activated),
        pusher.set_ts,
        encode(pusher.content).decode(),
        pusher.id,
    )
    _announce(txn, pusher.user_id)


def save_badge(txn: Transaction, pusher: int, badge: int) -> None:
    txn.insert("UPDATE pushers SET badge = ? WHERE position = ?", badge, pusher)


def delete(txn: Transaction, user_id: str, app_id: str, pushkey: str) -> None:
    _delete(txn, "user_id = ? AND app_id = ? AND pushkey = ?", user_id, app_id, pushkey)


def delete_by_id(txn: Transaction, pusher: int) -> None:
    _delete(txn, "position = ?", pusher)


def delete_of_others(txn: Transaction, user_id: str, app_id: str, pushkey: str) -> None:
    """One telephone belongs to one user, unless its app says otherwise."""
    _delete(txn, "pushkey = ? AND app_id = ? AND user_id <> ?", pushkey, app_id, user_id)


def delete_of_device(txn: Transaction, user_id: str, device_id: str) -> None:
    """With a device that logs out go the pushers that it set; a mailbox is no device's."""
    _delete(txn, "user_id = ? AND device_id = ? AND app_id <> 'm.email'", user_id, device_id)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    _delete(txn, "user_id = ?", user_id)


def _delete(txn: Transaction, which: str, *parameters: object) -> None:
    """With all that waits for them."""
    rows = txn.query(f"SELECT position, user_id FROM pushers WHERE {which}", *parameters)
    for pusher, user_id in rows:
        for table in ("push_queue", "pusher_proofs", "mail_rhythms"):
            txn.execute(f"DELETE FROM {table} WHERE pusher = ?", pusher)
        txn.execute("DELETE FROM pushers WHERE position = ?", pusher)
        _announce(txn, user_id)


def _announce(txn: Transaction, user_id: str) -> None:
    txn.announce(PushersChanged(txn.next_position(), user_id))


def _read(row: Row) -> Pusher:
    id, user_id, device_id, enabled, activated, set_ts, badge, content = row
    return Pusher(
        id, user_id, device_id, bool(enabled), bool(activated), set_ts, badge, decode(content)
    )
