"""Chats in which several logins are."""

from bridges.kit.parts import ChatKey
from bridges.storage.database import Transaction
from bridges.storage.places import PORTAL, Portal, as_portal


def enter(txn: Transaction, chat: ChatKey, login_id: str) -> None:
    txn.execute(
        """
        INSERT INTO chat_logins (chat_id, receiver, login_id) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        *(chat.id, chat.receiver, login_id),
    )


def leave(txn: Transaction, chat: ChatKey, login_id: str) -> None:
    txn.execute(
        "DELETE FROM chat_logins WHERE chat_id = ? AND receiver = ? AND login_id = ?",
        *(chat.id, chat.receiver, login_id),
    )


def is_in(txn: Transaction, chat: ChatKey, login_id: str) -> bool:
    return login_id in logins_in(txn, chat)


def logins_in(txn: Transaction, chat: ChatKey) -> list[str]:
    rows = txn.execute(
        """
        SELECT login_id FROM chat_logins WHERE chat_id = ? AND receiver = ? ORDER BY login_id
        """,
        *(chat.id, chat.receiver),
    )
    return [login_id for (login_id,) in rows]


def forget(txn: Transaction, login_id: str) -> None:
    txn.execute("DELETE FROM chat_logins WHERE login_id = ?", login_id)


def hand_on(txn: Transaction, chat: ChatKey, heir: str) -> None:
    """The portal, its past, and what is on its way into it: all goes on by another login."""
    for table in ("portals", "histories", "incoming"):
        txn.execute(
            f"UPDATE {table} SET login_id = ? WHERE chat_id = ? AND receiver = ?",
            *(heir, chat.id, chat.receiver),
        )


def orphans(txn: Transaction) -> list[Portal]:
    """Portals whose login there is no more."""
    rows = txn.execute(
        f"""
        SELECT {PORTAL} FROM portals
        WHERE NOT EXISTS (SELECT 1 FROM logins WHERE logins.login_id = portals.login_id)
        """
    )
    return [as_portal(row) for row in rows]
