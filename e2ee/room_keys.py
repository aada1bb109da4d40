"""Keys of Megolm sessions that we can read, and what we know of where they come from."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from attrs import Factory, define, evolve, frozen

from e2ee.devices import MEGOLM, Device
from e2ee.encoding import JsonObject, decode_base64, field, optional
from e2ee.errors import (
    BadRatchetKey,
    E2eeError,
    NotBetter,
    SessionMismatch,
    UnknownAlgorithm,
)
from e2ee.happenings import KeySource, RoomKeyArrived
from e2ee.opened import Opened
from e2ee.ratchets.ratchet import InboundGroup, Ratchets
from e2ee.records import Records

SHAREABLE = ("shared_history", "org.matrix.msc3061.shared_history")
AUTHENTIC = (KeySource.OWN, KeySource.DIRECT)
"""Where the session's own device told us; all others are copies."""


@frozen
class RoomKey:
    """One session's key and its story."""

    room_id: str
    session_id: str
    sender_key: str
    claimed_ed25519: str
    source: KeySource
    sender: str | None = None
    """Of a direct key, the author of the messages; of a bundle, who shared it."""
    device: JsonObject | None = None
    """The signed keys of the sending device, as they came with the key."""
    shareable: bool = False
    """Whether newcomers may get it: the author said so."""
    chain: tuple[str, ...] = ()

    @property
    def is_authentic(self) -> bool:
        return self.source in AUTHENTIC


def direct_key(content: JsonObject, sender: str, sender_key: str, ed25519: str) -> RoomKey:
    """From an m.room_key."""
    check_algorithm(content)
    return RoomKey(
        field(content, "room_id", str),
        field(content, "session_id", str),
        sender_key,
        ed25519,
        KeySource.DIRECT,
        sender,
        shareable=is_shareable(content),
    )


def copied_key(content: JsonObject, source: KeySource, room_id: str, session_id: str) -> RoomKey:
    """From an export, a backup, a bundle: who made it is what the copy claims."""
    check_algorithm(content)
    chain = optional(content, "forwarding_curve25519_key_chain", list, [])
    return RoomKey(
        room_id,
        session_id,
        field(content, "sender_key", str),
        str(optional(content, "sender_claimed_keys", dict, {}).get("ed25519", "")),
        source,
        shareable=is_shareable(content) or source is KeySource.BUNDLE,
        chain=tuple(one for one in chain if isinstance(one, str)),
    )


def is_shareable(content: JsonObject) -> bool:
    """Clients have said it by other names before the specification's 1.19."""
    return any(content.get(name) is True for name in (*SHAREABLE, "m.shared_history"))


def room_key_from(key: RoomKey, sender: str) -> RoomKey:
    """The same, with whose word we have for it."""
    return evolve(key, sender=sender)


def check_algorithm(content: JsonObject) -> None:
    if content.get("algorithm") != MEGOLM:
        raise UnknownAlgorithm(f"We do not speak {content.get('algorithm')!r}.")


@define
class RoomKeys:
    """By room and session id; nothing is looked up by what a message says of its sender."""

    _records: Records
    _ratchets: Ratchets
    _opened: Opened[InboundGroup] = Factory(Opened)
    """Reading with a session changes nothing that matters."""

    def find(self, room_id: str, session_id: str) -> tuple[RoomKey, InboundGroup] | None:
        record = self._records.get("inbound", place(room_id, session_id))
        return None if record is None else (as_key(record), self._session(record))

    def in_room(self, room_id: str) -> list[tuple[RoomKey, InboundGroup]]:
        found = self._records.find("inbound", f"{room_id} ")
        return [(as_key(record), self._session(record)) for record in found.values()]

    def everywhere(self) -> list[tuple[RoomKey, InboundGroup]]:
        found = self._records.find("inbound")
        return [(as_key(record), self._session(record)) for record in found.values()]

    def add(self, key: RoomKey, session: InboundGroup, device: Device | None = None) -> None:
        """Raises NotBetter for what we have, SessionMismatch for another session by its name.

        A key from the session's own device counts more than any copy; a copy that reads from an
        earlier message on is taken if it leads to the key that we have.
        """
        if session.id != key.session_id:
            raise SessionMismatch("The key belongs to another session than it says.")
        if device is not None:
            key = evolve(key, device=device.keys)
        known = self.find(key.room_id, key.session_id)
        if known is not None:
            key, session = better(known, (key, session))
        self._save(key, session)

    def take_copies(self, copies: Iterable[JsonObject], source: KeySource) -> list[RoomKeyArrived]:
        """Exported sessions; those that are malformed or not better than ours are left out."""
        arrived: list[RoomKeyArrived] = []
        for copy in copies:
            try:
                with self._records.step():
                    room_id, session_id = (
                        field(copy, "room_id", str),
                        field(copy, "session_id", str),
                    )
                    key = copied_key(copy, source, room_id, session_id)
                    self.add(key, self.from_export(field(copy, "session_key", str)))
            except E2eeError:
                continue
            arrived.append(RoomKeyArrived(room_id, session_id))
        return arrived

    def from_key(self, session_key: str) -> InboundGroup:
        return self._ratchets.inbound_from_key(session_key)

    def from_export(self, export: str) -> InboundGroup:
        return self._ratchets.inbound_from_export(export)

    def waiting_for_backup(self, limit: int) -> list[tuple[RoomKey, InboundGroup]]:
        found = (self._records.get("inbound", at) for at in self._records.find("unsaved"))
        kept = [record for record in found if record is not None][:limit]
        return [(as_key(record), self._session(record)) for record in kept]

    def backed_up(self, room_id: str, session_id: str, first_index: int) -> None:
        """Unless a better key has come meanwhile."""
        waiting = self._records.get("unsaved", place(room_id, session_id))
        if waiting is not None and waiting["first_index"] == first_index:
            self._records.remove("unsaved", place(room_id, session_id))

    def back_up_all_again(self) -> None:
        for key, session in self.everywhere():
            self._mark_unsaved(key, session)

    def keep_as_backed_up(self, key: RoomKey) -> None:
        self._records.remove("unsaved", place(key.room_id, key.session_id))

    def _save(self, key: RoomKey, session: InboundGroup) -> None:
        record: JsonObject = {
            "key": as_record(key),
            "by": self._ratchets.name,
            "pickle": session.pickle(),
        }
        self._records.put("inbound", place(key.room_id, key.session_id), record)
        self._mark_unsaved(key, session)

    def _mark_unsaved(self, key: RoomKey, session: InboundGroup) -> None:
        at = place(key.room_id, key.session_id)
        self._records.put("unsaved", at, {"first_index": session.first_index})

    def _session(self, record: JsonObject) -> InboundGroup:
        library: str = record["by"]
        if library == self._ratchets.name:
            return self._opened.look(record["pickle"], self._ratchets.inbound)
        other = partial(self._ratchets.inbound_of, library)
        return self._opened.look(record["pickle"], other)


def better(
    known: tuple[RoomKey, InboundGroup], new: tuple[RoomKey, InboundGroup]
) -> tuple[RoomKey, InboundGroup]:
    """The best that both together give."""
    (known_key, known_session), (new_key, new_session) = known, new
    earlier = new_session.first_index < known_session.first_index
    authentic = new_key.is_authentic and not known_key.is_authentic
    if not earlier and not authentic:
        raise NotBetter("We have this key, from the same message on or an earlier one.")
    if same_session(known_session, new_session):
        session = new_session if earlier else known_session
        key = new_key if authentic or not known_key.is_authentic else known_key
        shareable = known_key.shareable if known_key.is_authentic else new_key.shareable
        return evolve(key, shareable=shareable), session
    if authentic:
        return new
    raise SessionMismatch("The copy does not lead to the key that we have.")


def same_session(one: InboundGroup, other: InboundGroup) -> bool:
    """Whether both ratchets meet where the later one begins."""
    index = max(one.first_index, other.first_index)
    try:
        return one.export_at(index) == other.export_at(index)
    except BadRatchetKey:
        return False


def exported(key: RoomKey, session: InboundGroup) -> JsonObject:
    """Spec: BackedUpSessionData."""
    return {
        "algorithm": MEGOLM,
        "forwarding_curve25519_key_chain": list(key.chain),
        "sender_key": key.sender_key,
        "sender_claimed_keys": {"ed25519": key.claimed_ed25519},
        "session_key": session.export_at(session.first_index),
        **dict.fromkeys(SHAREABLE, key.shareable),
    }


def forwarded(key: RoomKey, session: InboundGroup, index: int | None = None) -> JsonObject:
    """What m.forwarded_room_key holds, from the first message that we can read or from `index`."""
    copy = exported(key, session)
    if index is not None:
        copy["session_key"] = session.export_at(index)
    return copy | {
        "room_id": key.room_id,
        "session_id": key.session_id,
        "sender_claimed_ed25519_key": key.claimed_ed25519,
    }


def place(room_id: str, session_id: str) -> str:
    return f"{room_id} {session_id}"


def as_record(key: RoomKey) -> JsonObject:
    return {
        "room_id": key.room_id,
        "session_id": key.session_id,
        "sender_key": key.sender_key,
        "claimed_ed25519": key.claimed_ed25519,
        "source": key.source.value,
        "sender": key.sender,
        "device": key.device,
        "shareable": key.shareable,
        "chain": list(key.chain),
    }


def as_key(record: JsonObject) -> RoomKey:
    facts: dict[str, Any] = record["key"]
    more = {"source": KeySource(facts["source"]), "chain": tuple(facts["chain"])}
    return RoomKey(**(facts | more))


MEGOLM_VERSION = 3
INDEX_TAG = 0x08


def message_index(ciphertext: str) -> int | None:
    """Of a Megolm message, as its first field says; None if it is malformed."""
    data = decode_base64(ciphertext[:20])
    if data[:2] != bytes((MEGOLM_VERSION, INDEX_TAG)):
        return None
    index = shift = 0
    for byte in data[2:12]:
        index |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return index
    return None
