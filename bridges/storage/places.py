"""Portals, management rooms, ghosts and logins."""

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from bridges.kit.parts import ChatKey
from bridges.storage import kept
from bridges.storage.database import Transaction


@frozen
class Portal:
    """`login_id` is the login that brought the chat, and that carries the words of others."""

    chat: ChatKey
    room_id: str
    login_id: str
    is_plumbed: bool = False
    """The room was there before: what it is called, and who is in it, is not ours to say."""


@frozen
class StoredLogin:
    login_id: str
    user_id: str
    name: str
    secrets: Mapping[str, str] = field(repr=False)
    is_over: bool = False
    """The network takes the secrets no longer; its person was told."""


def add_portal(txn: Transaction, portal: Portal) -> None:
    txn.execute(
        """
        INSERT INTO portals (chat_id, receiver, room_id, login_id, is_plumbed, is_open)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        *(portal.chat.id, portal.chat.receiver, portal.room_id, portal.login_id),
        *(int(portal.is_plumbed), int(portal.is_plumbed)),
    )


PORTAL = "chat_id, receiver, room_id, login_id, is_plumbed"


def as_portal(row: tuple[Any, ...]) -> Portal:
    chat_id, receiver, room_id, login_id, is_plumbed = row
    return Portal(ChatKey(chat_id, receiver), room_id, login_id, bool(is_plumbed))


def portal_of_chat(txn: Transaction, chat: ChatKey) -> Portal | None:
    row = txn.one(
        f"SELECT {PORTAL} FROM portals WHERE chat_id = ? AND receiver = ?",
        *(chat.id, chat.receiver),
    )
    return as_portal(row) if row else None


def is_open(txn: Transaction, chat: ChatKey) -> bool:
    """Whether the login's person has been invited."""
    row = txn.one(
        "SELECT is_open FROM portals WHERE chat_id = ? AND receiver = ?", chat.id, chat.receiver
    )
    return row is not None and bool(row[0])


def open_portal(txn: Transaction, chat: ChatKey) -> None:
    txn.execute(
        "UPDATE portals SET is_open = 1 WHERE chat_id = ? AND receiver = ?", chat.id, chat.receiver
    )


def portal_of_room(txn: Transaction, room_id: str) -> Portal | None:
    row = txn.one(f"SELECT {PORTAL} FROM portals WHERE room_id = ?", room_id)
    return as_portal(row) if row else None


def portals_of_login(txn: Transaction, login_id: str) -> list[Portal]:
    rows = txn.execute(f"SELECT {PORTAL} FROM portals WHERE login_id = ?", login_id)
    return [as_portal(row) for row in rows]


def remove_portal(txn: Transaction, chat: ChatKey) -> None:
    txn.execute("DELETE FROM portals WHERE chat_id = ? AND receiver = ?", chat.id, chat.receiver)


def save_management_room(txn: Transaction, room_id: str, user_id: str) -> None:
    txn.execute(
        "INSERT INTO management_rooms (room_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        *(room_id, user_id),
    )


def forget_management_room(txn: Transaction, room_id: str) -> None:
    txn.execute("DELETE FROM management_rooms WHERE room_id = ?", room_id)


def is_management_room(txn: Transaction, room_id: str) -> bool:
    return txn.one("SELECT 1 FROM management_rooms WHERE room_id = ?", room_id) is not None


def management_room_of(txn: Transaction, user_id: str) -> str | None:
    row = txn.one("SELECT room_id FROM management_rooms WHERE user_id = ? LIMIT 1", user_id)
    return str(row[0]) if row else None


def ghost_name(txn: Transaction, user_id: str) -> str | None:
    row = txn.one("SELECT name FROM ghosts WHERE user_id = ?", user_id)
    return str(row[0]) if row else None


def save_ghost(txn: Transaction, user_id: str, remote_id: str, name: str) -> None:
    txn.execute(
        """
        INSERT INTO ghosts (user_id, remote_id, name) VALUES (?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET name = excluded.name
        """,
        *(user_id, remote_id, name),
    )


def save_login(txn: Transaction, login: StoredLogin) -> bool:
    """False if the account is somebody else's login here."""
    rows = txn.execute(
        """
        INSERT INTO logins (login_id, user_id, name, secrets) VALUES (?, ?, ?, ?)
        ON CONFLICT (login_id)
        DO UPDATE SET name = excluded.name, secrets = excluded.secrets, is_over = 0
        WHERE logins.user_id = excluded.user_id RETURNING login_id
        """,
        *(login.login_id, login.user_id, login.name, json.dumps(dict(login.secrets))),
    )
    return bool(rows)


def end_login(txn: Transaction, login_id: str) -> None:
    txn.execute("UPDATE logins SET is_over = 1 WHERE login_id = ?", login_id)


def remove_login(txn: Transaction, login_id: str) -> None:
    txn.execute("DELETE FROM logins WHERE login_id = ?", login_id)
    kept.forget(txn, login_id)


def logins(txn: Transaction) -> list[StoredLogin]:
    rows = txn.execute(
        "SELECT login_id, user_id, name, secrets, is_over FROM logins ORDER BY login_id"
    )
    return [
        StoredLogin(login_id, user_id, name, json.loads(secrets), bool(is_over))
        for login_id, user_id, name, secrets, is_over in rows
    ]
