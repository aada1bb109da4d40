"""Which threads people follow. MSC4306."""

from attrs import frozen

from homeserver.changes import ThreadSubscriptionChanged
from homeserver.storage import names
from homeserver.storage.transaction import Transaction


@frozen
class Subscription:
    """`automatic` if a client chose it and not its user. `unsubscribed_at` is the place that the
    room had reached when the user last let go of the thread.
    """

    is_subscribed: bool
    automatic: bool
    unsubscribed_at: int


@frozen
class Changed:
    """A subscription as a change at `position` left it."""

    position: int
    room_id: str
    root: str
    is_subscribed: bool
    automatic: bool


def find(txn: Transaction, user_id: str, room: int, root: str) -> Subscription | None:
    row = txn.one(
        """
        SELECT subscribed, automatic, unsubscribed_at FROM thread_subscriptions
        WHERE user_id = ? AND room = ? AND root = ?
        """,
        names.find(txn, user_id) or 0,
        room,
        root,
    )
    return Subscription(bool(row[0]), bool(row[1]), row[2]) if row else None


def save(
    txn: Transaction, user_id: str, room_id: str, root: str, subscription: Subscription
) -> None:
    position = txn.next_position()
    txn.execute(
        """
        INSERT INTO thread_subscriptions
            (user_id, room, root, position, subscribed, automatic, unsubscribed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, room, root) DO UPDATE SET position = excluded.position,
            subscribed = excluded.subscribed, automatic = excluded.automatic,
            unsubscribed_at = excluded.unsubscribed_at
        """,
        names.intern(txn, user_id),
        names.intern(txn, room_id),
        root,
        position,
        int(subscription.is_subscribed),
        int(subscription.automatic),
        subscription.unsubscribed_at,
    )
    txn.announce(ThreadSubscriptionChanged(position, user_id, room_id, root))


def count(txn: Transaction, user_id: str) -> int:
    row = txn.one(
        "SELECT count(*) FROM thread_subscriptions WHERE user_id = ?",
        names.find(txn, user_id) or 0,
    )
    return int(row[0]) if row else 0


def between(txn: Transaction, user_id: str, after: int, upto: int, limit: int) -> list[Changed]:
    """The user's changes in this part of the number line, newest first."""
    rows = txn.query(
        """
        SELECT thread_subscriptions.position, names.name, root, subscribed, automatic
        FROM thread_subscriptions JOIN names ON names.id = thread_subscriptions.room
        WHERE user_id = ? AND position > ? AND position <= ?
        ORDER BY position DESC LIMIT ?
        """,
        names.find(txn, user_id) or 0,
        after,
        upto,
        limit,
    )
    return [
        Changed(position, room_id, root, bool(subscribed), bool(automatic))
        for position, room_id, root, subscribed, automatic in rows
    ]


def subscribers(txn: Transaction, room: int, root: str) -> frozenset[str]:
    """Who follows the thread."""
    rows = txn.query(
        """
        SELECT names.name FROM thread_subscriptions
        JOIN names ON names.id = thread_subscriptions.user_id
        WHERE root = ? AND room = ? AND subscribed = 1
        """,
        root,
        room,
    )
    return frozenset(name for (name,) in rows)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM thread_subscriptions WHERE user_id = ?", names.find(txn, user_id) or 0)
