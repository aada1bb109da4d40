"""What goes into a transaction. Spec: Server-Server API, "Transactions", "EDUs"."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import count

from attrs import frozen
from orjson import Fragment

from homeserver.clock import Clock
from homeserver.delivery.destination import Load
from homeserver.events.redaction import redact
from homeserver.json_values import JsonObject, decode, encode
from homeserver.peers.signing import canonical_content
from homeserver.randomness import Random, token
from homeserver.storage import device_updates, events, outgoing, outgoing_to_device
from homeserver.storage.device_updates import GONE, SIGNING_KEYS, DeviceUpdate
from homeserver.storage.events import Stored
from homeserver.storage.outgoing import Kind, News
from homeserver.storage.transaction import Row, Transaction
from homeserver.users.presence import Presence

CACHE_BYTES = 1024 * 1024


@frozen
class Parcel:
    """`messages_upto` is the position of the last message to a device in it."""

    txn_id: str
    body: JsonObject
    pdus: int
    edus: int
    messages_upto: int | None
    has_more_messages: bool


class Packing:
    """Must run within one reading of the database.

    What has to arrive makes the transaction's id: if the same is sent again, be it after a restart,
    the other server knows it again. What is fleeting is sent once, under an id of its own.
    """

    def __init__(
        self, server_name: str, clock: Clock, random: Random, presence: Presence | None
    ) -> None:
        self._server_name = server_name
        self._now_ms = clock.now_ms
        self._presence = presence
        self._started = token(random, 12)
        self._numbers = count(1)

    def pack(self, txn: Transaction, server: str, load: Load) -> Parcel | None:
        """None if all of it has become void."""
        pdus, ids = self._pdus(txn, load.news)
        messages = outgoing_to_device.waiting(txn, server, load.messages) if load.messages else []
        lasting = [
            *_edus("m.direct_to_device", (Fragment(content) for _, content in messages)),
            *self._device_edus(txn, load.news),
            *_edus("m.receipt", _receipts(_receipts_in(txn, load.news))),
        ]
        edus = [*lasting, *self._fleeting(txn, load)]
        if not pdus and not edus:
            return None
        body = {
            "origin": self._server_name,
            "origin_server_ts": self._now_ms(),
            "pdus": pdus,
            "edus": edus,
        }
        return Parcel(
            self._txn_id(ids, lasting),
            body,
            len(pdus),
            len(edus),
            messages[-1][0] if messages else None,
            bool(messages) and len(messages) == load.messages,
        )

    def _txn_id(self, event_ids: Sequence[str], lasting: Sequence[JsonObject]) -> str:
        if not event_ids and not lasting:
            return f"{self._started}.{next(self._numbers)}"
        content = encode([event_ids, lasting])
        return blake2b(content, digest_size=16).hexdigest()

    def _pdus(self, txn: Transaction, found: Iterable[News]) -> tuple[list[Fragment], list[str]]:
        positions = [news.subject for news in found if news.kind == Kind.EVENT]
        stored = events.at_all(txn, positions)
        there = [stored[position] for position in positions if position in stored]
        return [_pdu(txn, it) for it in there], [it.event.event_id for it in there]

    def _device_edus(self, txn: Transaction, found: Iterable[News]) -> list[JsonObject]:
        updates = device_updates.at(txn, [n.subject for n in found if n.kind == Kind.DEVICE])
        return [_device_edu(update) for update in updates]

    def _fleeting(self, txn: Transaction, load: Load) -> list[JsonObject]:
        typing = (
            {"room_id": room_id, "user_id": user_id, "typing": typing}
            for (room_id, user_id), typing in load.typing.items()
        )
        edus = _edus("m.typing", typing)
        if load.presence and self._presence is not None:
            found = self._presence.events(txn, sorted(load.presence))
            edus += _edus("m.presence", [{"push": [_presence_of(event) for event in found]}])
        return edus


def _pdu(txn: Transaction, stored: Stored) -> Fragment:
    """The event as others get it; one that has been redacted is no more told in full."""
    cache = txn.memory.cache("outgoing_pdus", CACHE_BYTES, lambda _, text: 150 + len(text))
    key = (stored.position, stored.redaction is not None)
    text: bytes | None = txn.see(cache, key)
    if text is None:
        event = stored.event
        pdu = event.pdu if stored.redaction is None else redact(event.pdu, event.version)
        text = canonical_content(pdu)
        txn.fill(cache, key, text)
    return Fragment(text)


def _edus(type: str, contents: Iterable[object]) -> list[JsonObject]:
    return [{"edu_type": type, "content": content} for content in contents]


def _device_edu(update: DeviceUpdate) -> JsonObject:
    content: JsonObject = {"user_id": update.user_id}
    if update.device_id == SIGNING_KEYS:
        content.update(decode(update.content))
        return {"edu_type": "m.signing_key_update", "content": content}
    content.update(device_id=update.device_id, stream_id=update.position)
    content["prev_id"] = [] if update.previous is None else [update.previous]
    content.update({"deleted": True} if update.content == GONE else decode(update.content))
    return {"edu_type": "m.device_list_update", "content": content}


def _receipts_in(txn: Transaction, found: Iterable[News]) -> Iterable[Row]:
    return outgoing.receipts_at(txn, (news for news in found if news.kind == Kind.RECEIPT))


def _receipts(rows: Iterable[Row]) -> list[JsonObject]:
    """Those of one user in one room, but of different threads, need a content each."""
    taken: defaultdict[tuple[str, str], int] = defaultdict(int)
    contents: list[JsonObject] = []
    for room_id, user_id, type, thread, event_id, ts in rows:
        number = taken[room_id, user_id]
        taken[room_id, user_id] += 1
        if number == len(contents):
            contents.append({})
        data: JsonObject = {"ts": ts, **({"thread_id": thread} if thread else {})}
        of_type = contents[number].setdefault(room_id, {}).setdefault(type, {})
        of_type[user_id] = {"event_ids": [event_id], "data": data}
    return contents


def _presence_of(event: JsonObject) -> JsonObject:
    content = event["content"]
    names = ("presence", "last_active_ago", "currently_active", "status_msg")
    told = {name: content[name] for name in names if name in content}
    return {"user_id": event["sender"], "last_active_ago": 0, **told}
