"""Which event is which message on the network."""

from hashlib import sha256

from attrs import frozen

from bridges.kit.parts import ChatKey
from bridges.storage.database import Transaction

LONGEST_ID = 500
"""On some networks who writes chooses the id, and an index takes no text of any length."""


def as_key(remote_id: str) -> str:
    """A long id by its beginning and its hash. The network will not know it by that name."""
    if len(remote_id) <= LONGEST_ID:
        return remote_id
    digest = sha256(remote_id.encode(errors="replace")).hexdigest()
    return f"{remote_id[:50]}... {digest}"


@frozen
class Pair:
    """`sender` is the Matrix user whose event it is."""

    remote_id: str
    event_id: str
    sender: str


def pair(txn: Transaction, chat: ChatKey, pair: Pair, part: int = 0) -> None:
    txn.execute(
        """
        INSERT INTO messages (chat_id, receiver, remote_id, part, event_id, sender)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        *(chat.id, chat.receiver, as_key(pair.remote_id), part, pair.event_id, pair.sender),
    )


def is_there(txn: Transaction, chat: ChatKey, remote_id: str) -> bool:
    found = txn.one(
        "SELECT 1 FROM messages WHERE chat_id = ? AND receiver = ? AND remote_id = ?",
        *(chat.id, chat.receiver, as_key(remote_id)),
    )
    return found is not None


def by_remote_id(txn: Transaction, chat: ChatKey, remote_id: str) -> list[Pair]:
    """One for each of its parts, in order."""
    rows = txn.execute(
        """
        SELECT remote_id, event_id, sender FROM messages
        WHERE chat_id = ? AND receiver = ? AND remote_id = ? ORDER BY part
        """,
        *(chat.id, chat.receiver, as_key(remote_id)),
    )
    return [Pair(*row) for row in rows]


def by_event(txn: Transaction, chat: ChatKey, event_id: str) -> Pair | None:
    """The first, if the network needed several messages for it."""
    return next(iter(all_of_event(txn, chat, event_id)), None)


def all_of_event(txn: Transaction, chat: ChatKey, event_id: str) -> list[Pair]:
    rows = txn.execute(
        """
        SELECT remote_id, event_id, sender FROM messages
        WHERE chat_id = ? AND receiver = ? AND event_id = ? ORDER BY part
        """,
        *(chat.id, chat.receiver, event_id),
    )
    return [Pair(*row) for row in rows]


def sent_parts(txn: Transaction, chat: ChatKey, event_id: str) -> set[int]:
    """Which parts of an event the network has."""
    rows = txn.execute(
        "SELECT part FROM messages WHERE chat_id = ? AND receiver = ? AND event_id = ?",
        *(chat.id, chat.receiver, event_id),
    )
    return {part for (part,) in rows}


@frozen
class Reaction:
    event_id: str
    target: str
    sender: str
    emoji: str


def add_reaction(txn: Transaction, chat: ChatKey, reaction: Reaction) -> None:
    txn.execute(
        """
        INSERT INTO reactions (event_id, chat_id, receiver, target, sender, emoji)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        *(reaction.event_id, chat.id, chat.receiver),
        *(reaction.target, reaction.sender, reaction.emoji),
    )


def take_reaction(txn: Transaction, event_id: str) -> Reaction | None:
    row = txn.one(
        "DELETE FROM reactions WHERE event_id = ? RETURNING event_id, target, sender, emoji",
        event_id,
    )
    return Reaction(*row) if row else None


def find_reaction(txn: Transaction, event_id: str) -> Reaction | None:
    row = txn.one(
        "SELECT event_id, target, sender, emoji FROM reactions WHERE event_id = ?", event_id
    )
    return Reaction(*row) if row else None


def reactions_of(
    txn: Transaction, chat: ChatKey, target: str, sender: str, emoji: str
) -> list[Reaction]:
    rows = txn.execute(
        """
        SELECT event_id, target, sender, emoji FROM reactions
        WHERE chat_id = ? AND receiver = ? AND target = ? AND sender = ? AND emoji = ?
        """,
        *(chat.id, chat.receiver, target, sender, emoji),
    )
    return [Reaction(*row) for row in rows]


def reactions_by(txn: Transaction, chat: ChatKey, target: str, sender: str) -> list[Reaction]:
    """Of one person at one message."""
    rows = txn.execute(
        """
        SELECT event_id, target, sender, emoji FROM reactions
        WHERE chat_id = ? AND receiver = ? AND target = ? AND sender = ?
        """,
        *(chat.id, chat.receiver, target, sender),
    )
    return [Reaction(*row) for row in rows]
