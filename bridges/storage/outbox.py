"""What waits to be carried over, in both directions, until it has arrived."""

import json
from secrets import token_hex

from attrs import frozen

from bridges.kit.happenings import (
    CallNoticed,
    ChatChange,
    ChatGone,
    Edit,
    Lasting,
    MemberChange,
    Message,
    Notice,
    Story,
)
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import ChatKey
from bridges.storage import messages
from bridges.storage.database import Transaction
from bridges.storage.encoding import from_text, to_text

KEPT_TRANSACTIONS = 1000


@frozen
class Arrival:
    """From the network. `transaction_id` makes the homeserver drop a second try."""

    place: int
    login_id: str
    transaction_id: str
    happening: Lasting


@frozen
class Departure:
    """From Matrix."""

    place: int
    event: JsonObject


def known_as(happening: Lasting) -> str | None:
    """The name by which a repetition is told from news, if there is one."""
    match happening:
        case (
            Message(id=id)
            | Story(id=id)
            | Edit(id=id)
            | ChatChange(id=id)
            | MemberChange(id=id)
            | Notice(id=id)
            | CallNoticed(id=id)
            | ChatGone(id=id)
        ):
            return name_of(type(happening), id)
        case _:
            return None


def name_of(kind: type, id: str) -> str:
    return messages.as_key(f"{kind.__name__} {id}")


def add_arrival(txn: Transaction, login_id: str, happening: Lasting) -> bool:
    """False if it is known already."""
    chat, unique = happening.chat, token_hex(16)
    if isinstance(happening, Message | Story) and messages.is_there(txn, chat, happening.id):
        return False
    (place,) = txn.one("SELECT coalesce(max(place), 0) + 1 FROM incoming") or (1,)
    rows = txn.execute(
        """
        INSERT INTO incoming
            (place, chat_id, receiver, login_id, known_as, transaction_id, happening)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING place
        """,
        *(place, chat.id, chat.receiver, login_id),
        *(known_as(happening) or unique, unique, to_text(happening)),
    )
    return bool(rows)


def is_waiting(txn: Transaction, chat: ChatKey, remote_id: str) -> bool:
    """Whether a message is on its way."""
    found = txn.one(
        "SELECT 1 FROM incoming WHERE chat_id = ? AND receiver = ? AND known_as = ?",
        *(chat.id, chat.receiver, name_of(Message, remote_id)),
    )
    return found is not None


def next_arrival(txn: Transaction, chat: ChatKey) -> Arrival | None:
    row = txn.one(
        """
        SELECT place, login_id, transaction_id, happening FROM incoming
        WHERE chat_id = ? AND receiver = ? ORDER BY place LIMIT 1
        """,
        *(chat.id, chat.receiver),
    )
    if row is None:
        return None
    place, login_id, transaction_id, happening = row
    return Arrival(place, login_id, transaction_id, from_text(happening))


def remove_arrival(txn: Transaction, arrival: Arrival) -> None:
    """Places are given again, so a second removal must not meet what came afterwards."""
    txn.execute(
        "DELETE FROM incoming WHERE place = ? AND transaction_id = ?",
        *(arrival.place, arrival.transaction_id),
    )


def chats_waiting(txn: Transaction) -> list[ChatKey]:
    return [ChatKey(*row) for row in txn.execute("SELECT DISTINCT chat_id, receiver FROM incoming")]


def add_departures(txn: Transaction, transaction_id: str, events: list[JsonObject]) -> bool:
    """All events of a transaction, or none if the homeserver repeats it."""
    (number,) = txn.one("SELECT coalesce(max(place), 0) + 1 FROM transactions") or (1,)
    if not txn.execute(
        """
        INSERT INTO transactions (transaction_id, place) VALUES (?, ?)
        ON CONFLICT DO NOTHING RETURNING place
        """,
        *(transaction_id, number),
    ):
        return False
    txn.execute("DELETE FROM transactions WHERE place <= ?", number - KEPT_TRANSACTIONS)
    add_events(txn, events)
    return True


def add_events(txn: Transaction, events: list[JsonObject]) -> None:
    (place,) = txn.one("SELECT coalesce(max(place), 0) + 1 FROM outgoing") or (1,)
    for offset, event in enumerate(events):
        txn.execute(
            """
            INSERT INTO outgoing (place, event_id, room_id, event) VALUES (?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            *(place + offset, event["event_id"], event["room_id"], json.dumps(event)),
        )


def next_departure(txn: Transaction, room_id: str) -> Departure | None:
    row = txn.one(
        "SELECT place, event FROM outgoing WHERE room_id = ? ORDER BY place LIMIT 1", room_id
    )
    return Departure(row[0], json.loads(row[1])) if row else None


def remove_departure(txn: Transaction, departure: Departure) -> None:
    txn.execute(
        "DELETE FROM outgoing WHERE place = ? AND event_id = ?",
        *(departure.place, departure.event["event_id"]),
    )


def rooms_waiting(txn: Transaction) -> list[str]:
    return [room_id for (room_id,) in txn.execute("SELECT DISTINCT room_id FROM outgoing")]


def lengths(txn: Transaction) -> tuple[int, int]:
    """How much waits: from the network, and from Matrix."""
    (arrivals,) = txn.one("SELECT count(*) FROM incoming") or (0,)
    (departures,) = txn.one("SELECT count(*) FROM outgoing") or (0,)
    return arrivals, departures
