"""The device lists of other servers' users that we hold, and how far they are true."""

from collections.abc import Collection

from attrs import evolve, frozen

from homeserver.changes import DeviceListLost
from homeserver.events.ids import domain_of
from homeserver.storage import names, published_keys
from homeserver.storage.published_keys import KnownDevice, portions
from homeserver.storage.transaction import Transaction

MAX_SEEN = 50


@frozen
class HeldList:
    """True up to the update `base` of its server (None: who knows), and those `seen` since."""

    base: int | None
    seen: tuple[int, ...] = ()
    is_stale: bool = False

    def holds(self, stream_id: int) -> bool:
        return stream_id == self.base or stream_id in self.seen

    def continues(self, previous: Collection[int]) -> bool:
        """Whether nothing is missing between the list and an update that follows these."""
        base = self.base
        if base is None or not previous:
            return False
        return all(stream_id <= base or stream_id in self.seen for stream_id in previous)

    def after(self, stream_id: int) -> "HeldList":
        return evolve(self, seen=(*self.seen, stream_id)[-MAX_SEEN:])


# -- lists


def find(txn: Transaction, user_id: str) -> HeldList | None:
    row = txn.one("SELECT base, seen, stale FROM remote_device_lists WHERE user_id = ?", user_id)
    return HeldList(row[0], tuple(map(int, row[1].split())), bool(row[2])) if row else None


def true_ones(txn: Transaction, user_ids: Collection[str]) -> set[str]:
    """Those of the users whose lists are held, and need not be fetched."""
    found: set[str] = set()
    for portion in portions(user_ids):
        rows = txn.query(
            f"""
            SELECT user_id FROM remote_device_lists
            WHERE stale = 0 AND user_id IN ({txn.in_list(portion)})
            """,
            *portion,
        )
        found.update(user_id for (user_id,) in rows)
    return found


def save(txn: Transaction, user_id: str, held: HeldList) -> None:
    txn.execute(
        """
        INSERT INTO remote_device_lists (user_id, server, base, seen, stale) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET
        base = excluded.base, seen = excluded.seen, stale = excluded.stale
        """,
        user_id,
        domain_of(user_id),
        held.base,
        " ".join(map(str, held.seen)),
        int(held.is_stale),
    )


def lose(txn: Transaction, user_id: str) -> None:
    """The list is not true any more; whoever fetches lists hears of it."""
    txn.execute("UPDATE remote_device_lists SET stale = 1 WHERE user_id = ?", user_id)
    txn.announce(DeviceListLost(txn.position, user_id))


def forget(txn: Transaction, user_id: str) -> None:
    """A user with whom nobody here shares a room any more."""
    if txn.execute("DELETE FROM remote_device_lists WHERE user_id = ?", user_id):
        txn.execute("DELETE FROM remote_devices WHERE user_id = ?", user_id)
        # What users of ours signed has to be found again, should they meet again.
        txn.execute(
            """
            DELETE FROM cross_signing_keys WHERE user_id = ?
            AND NOT EXISTS (SELECT 1 FROM user_signatures WHERE user_id = ?)
            """,
            user_id,
            user_id,
        )
        published_keys.forget(txn, user_id)


def in_room(txn: Transaction, room_id: str) -> list[str]:
    """Members of a room whose lists are held."""
    rows = txn.query(
        """
        SELECT remote_device_lists.user_id FROM memberships
        JOIN names ON names.id = memberships.user_id
        JOIN remote_device_lists ON remote_device_lists.user_id = names.name
        WHERE memberships.room = ? AND memberships.membership = 'join'
        """,
        names.find(txn, room_id) or 0,
    )
    return [user_id for (user_id,) in rows]


def stale_ones(txn: Transaction, after: str, limit: int) -> list[str]:
    """Users whose lists must be fetched, in order, behind one of them."""
    rows = txn.query(
        """
        SELECT user_id FROM remote_device_lists WHERE stale = 1 AND user_id > ?
        ORDER BY user_id LIMIT ?
        """,
        after,
        limit,
    )
    return [user_id for (user_id,) in rows]


def stale_of_server(txn: Transaction, server: str, limit: int) -> list[str]:
    rows = txn.query(
        "SELECT user_id FROM remote_device_lists WHERE server = ? AND stale = 1 LIMIT ?",
        server,
        limit,
    )
    return [user_id for (user_id,) in rows]


# -- devices


def devices_of(txn: Transaction, user_ids: Collection[str]) -> dict[str, list[KnownDevice]]:
    found: dict[str, list[KnownDevice]] = {user_id: [] for user_id in user_ids}
    for portion in portions(user_ids):
        rows = txn.query(
            f"""
            SELECT user_id, device_id, keys, display_name FROM remote_devices
            WHERE user_id IN ({txn.in_list(portion)})
            """,
            *portion,
        )
        for user_id, *device in rows:
            found[user_id].append(KnownDevice(*device))
    return found


def device(txn: Transaction, user_id: str, device_id: str) -> KnownDevice | None:
    row = txn.one(
        """
        SELECT device_id, keys, display_name FROM remote_devices
        WHERE user_id = ? AND device_id = ?
        """,
        user_id,
        device_id,
    )
    return KnownDevice(*row) if row else None


def save_device(txn: Transaction, user_id: str, device: KnownDevice) -> None:
    txn.execute(
        """
        INSERT INTO remote_devices (user_id, device_id, keys, display_name) VALUES (?, ?, ?, ?)
        ON CONFLICT (user_id, device_id) DO UPDATE SET
        keys = excluded.keys, display_name = excluded.display_name
        """,
        user_id,
        device.device_id,
        device.keys,
        device.display_name,
    )


def remove_device(txn: Transaction, user_id: str, device_id: str) -> None:
    txn.execute(
        "DELETE FROM remote_devices WHERE user_id = ? AND device_id = ?", user_id, device_id
    )
