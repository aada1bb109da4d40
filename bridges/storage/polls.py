"""How polls that somebody on Matrix began name their answers."""

import json

from bridges.storage.database import Transaction


def remember(txn: Transaction, event_id: str, answers: list[tuple[str, str]]) -> None:
    """`answers`: ids and texts, in order."""
    txn.execute(
        "INSERT INTO polls (event_id, options) VALUES (?, ?) ON CONFLICT DO NOTHING",
        *(event_id, json.dumps(answers)),
    )


def answers(txn: Transaction, event_id: str) -> list[tuple[str, str]]:
    row = txn.one("SELECT options FROM polls WHERE event_id = ?", event_id)
    return [(id, text) for id, text in json.loads(row[0])] if row else []
