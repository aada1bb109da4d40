"""A room as directories show it. Spec: "PublishedRoomsChunk"."""

from attrs import frozen

from homeserver.json_values import JsonObject
from homeserver.rooms.shown import as_seen
from homeserver.storage import heads
from homeserver.storage.cache import Cache
from homeserver.storage.heads import Head
from homeserver.storage.memory import Memory
from homeserver.storage.transaction import Transaction

CACHE_BYTES = 4 * 1024 * 1024


@frozen
class Entry:
    """`root` is the state that the entry was made from; `text` is what searches look at."""

    room_id: str
    root: bytes
    joined: int
    room_type: str | None
    text: str
    chunk: JsonObject

    @property
    def rank(self) -> tuple[int, str]:
        """Large rooms come first."""
        return -self.joined, self.room_id


def entry_of(txn: Transaction, room_id: str, root: bytes) -> Entry | None:
    """The room's entry; made anew only when its state has changed."""
    cache = entries(txn.memory)
    known: Entry | None = txn.see(cache, room_id)
    if known is not None and known.root == root:
        return known
    head = heads.load(txn, room_id)
    if head is None:
        return None
    entry = make_entry(txn, head)
    txn.fill(cache, room_id, entry)
    return entry


def entries(memory: Memory) -> Cache[str, Entry]:
    return memory.cache("room_directory", CACHE_BYTES, lambda _, it: 800 + 6 * len(it.text))


def make_entry(txn: Transaction, head: Head) -> Entry:
    chunk = chunk_of(txn, head)
    named = (chunk.get(key) for key in ("name", "topic", "canonical_alias"))
    return Entry(
        head.room_id,
        head.root,
        chunk["num_joined_members"],
        chunk.get("room_type"),
        "\n".join(text for text in named if text).casefold(),
        chunk,
    )


def chunk_of(txn: Transaction, head: Head) -> JsonObject:
    """Members of the wrong type are left out."""
    texts = {
        "name": text_in(txn, head, "m.room.name", "name"),
        "topic": topic_of(txn, head),
        "canonical_alias": text_in(txn, head, "m.room.canonical_alias", "alias"),
        "avatar_url": text_in(txn, head, "m.room.avatar", "url"),
        "join_rule": text_in(txn, head, "m.room.join_rules", "join_rule"),
        "room_type": text_in(txn, head, "m.room.create", "type"),
    }
    visibility = text_in(txn, head, "m.room.history_visibility", "history_visibility")
    guests = text_in(txn, head, "m.room.guest_access", "guest_access")
    return {
        "room_id": head.room_id,
        "num_joined_members": len(head.joined()),
        "world_readable": visibility == "world_readable",
        "guest_can_join": guests == "can_join",
        **{name: text for name, text in texts.items() if text},
    }


def content_of(txn: Transaction, head: Head, type: str) -> JsonObject:
    stored = head.event(txn, type)
    return {} if stored is None else as_seen(stored).content


def text_in(txn: Transaction, head: Head, type: str, key: str) -> str | None:
    value = content_of(txn, head, type).get(key)
    return value if isinstance(value, str) else None


def topic_of(txn: Transaction, head: Head) -> str | None:
    """The plain text of `m.topic`, or the older `topic`."""
    content = content_of(txn, head, "m.room.topic")
    block = content.get("m.topic")
    versions = block.get("m.text") if isinstance(block, dict) else None
    for version in versions if isinstance(versions, list) else []:
        if isinstance(version, dict) and version.get("mimetype", "text/plain") == "text/plain":
            body = version.get("body")
            return body if isinstance(body, str) else None
    topic = content.get("topic")
    return topic if isinstance(topic, str) else None
