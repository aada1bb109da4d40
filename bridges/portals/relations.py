"""What a message refers to: the one it edits or answers, and its thread."""

from attrs import frozen

from bridges.kit.json_values import JsonObject
from bridges.kit.parts import ChatKey, Span, Text
from bridges.portals.formatting import prefixed
from bridges.storage import messages
from bridges.storage.database import Transaction

QUOTED = 80
"""Letters of a message that stand for it where a network knows no replies."""


@frozen
class Relation:
    """Ids of events; `thread` is its first message."""

    edited: str | None = None
    answered: str | None = None
    thread: str | None = None

    @classmethod
    def read(cls, content: JsonObject) -> "Relation":
        relates = content.get("m.relates_to")
        if not isinstance(relates, dict):
            return cls()
        kind, target = relates.get("rel_type"), relates.get("event_id")
        target = target if isinstance(target, str) else None
        if kind == "m.replace":
            return cls(edited=target)
        replied = relates.get("m.in_reply_to")
        answered = replied.get("event_id") if isinstance(replied, dict) else None
        answered = answered if isinstance(answered, str) else None
        if kind != "m.thread":
            return cls(answered=answered)
        # Older clients see a thread as answers; there it is none.
        return cls(answered=None if relates.get("is_falling_back") else answered, thread=target)


@frozen
class Remote:
    """The same, in ids of the network, where they are known."""

    reply_to: str | None
    thread: str | None


def referred(content: JsonObject) -> str:
    """The id of the event that it is about; empty for none."""
    relates = content.get("m.relates_to")
    event_id = relates.get("event_id") if isinstance(relates, dict) else None
    return event_id if isinstance(event_id, str) else ""


def remote(txn: Transaction, chat: ChatKey, relation: Relation) -> Remote:
    def known(event_id: str | None) -> str | None:
        pair = messages.by_event(txn, chat, event_id) if event_id else None
        return pair.remote_id if pair else None

    return Remote(known(relation.answered), known(relation.thread))


def on_matrix(
    txn: Transaction, chat: ChatKey, reply_to: str | None, thread: str | None
) -> JsonObject:
    """The relation of an event, of what we know of it."""

    def first(remote_id: str | None) -> str | None:
        pairs = messages.by_remote_id(txn, chat, remote_id) if remote_id else []
        return pairs[0].event_id if pairs else None

    answered, root = first(reply_to), first(thread)
    if root:
        falls_back = answered is None or answered == root
        replied = {"event_id": answered or root}
        relates: JsonObject = {"rel_type": "m.thread", "event_id": root, "m.in_reply_to": replied}
        return {"m.relates_to": relates | ({"is_falling_back": True} if falls_back else {})}
    return {"m.relates_to": {"m.in_reply_to": {"event_id": answered}}} if answered else {}


def quoting(name: str, body: str, text: Text) -> Text:
    """With a line of what it answers."""
    line = " ".join(body.split())
    line = line if len(line) <= QUOTED else f"{line[: QUOTED - 1]}…"
    quoted = f"> {name}: {line}\n"
    answer = prefixed(quoted, text)
    return Text(answer.body, (Span(0, len(quoted) - 1, "quote"), *answer.spans), text.manner)
