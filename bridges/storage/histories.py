"""How far the past of each chat has been brought over."""

import json
from collections.abc import Iterable

from attrs import evolve, frozen

from bridges.kit.parts import ChatKey
from bridges.storage import messages, outbox
from bridges.storage.database import Transaction
from bridges.storage.messages import Pair


@frozen
class Batch:
    """Is written down before it is sent. `owners`: the message and the speaker of each event.

    `token` is in its events, so that they are found when the answer was lost; `before` asks the
    network for the page that goes before it, None: there is none.
    """

    token: str
    owners: tuple[tuple[str, str], ...]
    before: str | None


@frozen
class Progress:
    """`before` is None for the newest page; `filled` counts messages."""

    chat: ChatKey
    login_id: str
    before: str | None
    filled: int
    is_done: bool
    batch: Batch | None


def begin(txn: Transaction, chat: ChatKey, login_id: str) -> None:
    txn.execute(
        """
        INSERT INTO histories (chat_id, receiver, login_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
        """,
        *(chat.id, chat.receiver, login_id),
    )


def progress(txn: Transaction, chat: ChatKey) -> Progress | None:
    row = txn.one(
        """
        SELECT login_id, before_page, filled, is_done, batch FROM histories
        WHERE chat_id = ? AND receiver = ?
        """,
        *(chat.id, chat.receiver),
    )
    if row is None:
        return None
    login_id, before, filled, is_done, batch = row
    return Progress(chat, login_id, before, filled, bool(is_done), as_batch(batch))


def as_batch(text: str | None) -> Batch | None:
    if text is None:
        return None
    kept = json.loads(text)
    owners = tuple((remote_id, sender) for remote_id, sender in kept["owners"])
    return Batch(kept["token"], owners, kept["before"])


def note_batch(txn: Transaction, chat: ChatKey, batch: Batch) -> bool:
    """False when some of it has arrived by another way meanwhile."""
    if known(txn, chat, {remote_id for remote_id, _ in batch.owners}):
        return False
    kept = {"token": batch.token, "owners": batch.owners, "before": batch.before}
    _save_batch(txn, chat, json.dumps(kept))
    return True


def drop_batch(txn: Transaction, chat: ChatKey) -> None:
    _save_batch(txn, chat, None)


def _save_batch(txn: Transaction, chat: ChatKey, text: str | None) -> None:
    txn.execute(
        "UPDATE histories SET batch = ? WHERE chat_id = ? AND receiver = ?",
        *(text, chat.id, chat.receiver),
    )


def came_over(txn: Transaction, chat: ChatKey, remote_id: str) -> bool | None:
    """Whether a message is on Matrix; None while the batch that it is in is being sent."""
    found = progress(txn, chat)
    if found is not None and found.batch is not None and remote_id in dict(found.batch.owners):
        return None
    return messages.is_there(txn, chat, remote_id)


def finish_batch(
    txn: Transaction, progress: Progress, batch: Batch, event_ids: Iterable[str]
) -> Progress:
    """All of it is known from now on, and the next page is due."""
    parts: dict[str, int] = {}
    for (remote_id, sender), event_id in zip(batch.owners, event_ids, strict=True):
        part = parts[remote_id] = parts.get(remote_id, -1) + 1
        messages.pair(txn, progress.chat, Pair(remote_id, event_id, sender), part)
    filled = progress.filled + len(parts)
    now = evolve(progress, before=batch.before, filled=filled, batch=None)
    return save(txn, evolve(now, is_done=batch.before is None))


def save(txn: Transaction, progress: Progress) -> Progress:
    txn.execute(
        """
        UPDATE histories SET before_page = ?, filled = ?, is_done = ?, batch = NULL
        WHERE chat_id = ? AND receiver = ?
        """,
        *(progress.before, progress.filled, int(progress.is_done)),
        *(progress.chat.id, progress.chat.receiver),
    )
    return progress


def unfinished(txn: Transaction) -> list[ChatKey]:
    rows = txn.execute("SELECT chat_id, receiver FROM histories WHERE is_done = 0")
    return [ChatKey(*row) for row in rows]


def forget(txn: Transaction, chat: ChatKey) -> None:
    txn.execute("DELETE FROM histories WHERE chat_id = ? AND receiver = ?", chat.id, chat.receiver)


def known(txn: Transaction, chat: ChatKey, remote_ids: Iterable[str]) -> set[str]:
    """Those that are on Matrix, or on their way."""
    return {it for it in remote_ids if is_known(txn, chat, it)}


def is_known(txn: Transaction, chat: ChatKey, remote_id: str) -> bool:
    return messages.is_there(txn, chat, remote_id) or outbox.is_waiting(txn, chat, remote_id)
