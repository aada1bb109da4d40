"""Decrypting the events of rooms. Spec: "m.megolm.v1.aes-sha2"."""

from attrs import define

from e2ee.device_lists import DeviceLists, stored
from e2ee.devices import MEGOLM, Device
from e2ee.encoding import JsonObject, ciphertext, decode_object, field
from e2ee.errors import (
    DecryptionFailed,
    E2eeError,
    ForgedSender,
    KeyStartsLater,
    MissingRoomKey,
    Replayed,
    RoomKeyWithheld,
    UnknownAlgorithm,
    WrongRoom,
)
from e2ee.happenings import Decrypted, KeySource, Trust, Undecryptable
from e2ee.ratchets.ratchet import InboundGroup
from e2ee.records import Records
from e2ee.room_keys import RoomKey, RoomKeys, message_index, place
from e2ee.trust import TrustWeb

MAX_WAITING = 2_000
"""Events that wait for a key. Beyond it the oldest are forgotten; a host may hand them in again."""


@define
class Reading:
    """An event may be read again and again; the same message in another event is a replay."""

    _lists: DeviceLists
    _trust: TrustWeb
    _keys: RoomKeys
    _records: Records

    def read(self, room_id: str, event: JsonObject) -> Decrypted:
        """Raises an E2eeError that says what is wrong or missing."""
        content = field(event, "content", dict)
        if content.get("algorithm") != MEGOLM:
            raise UnknownAlgorithm(f"We do not speak {content.get('algorithm')!r}.")
        session_id = field(content, "session_id", str)
        text = ciphertext(content, "ciphertext")
        found = self._keys.find(room_id, session_id)
        if found is None:
            raise self._missing(room_id, session_id)
        key, session = found
        plaintext, index = decrypted(session, text)
        payload = decode_object(plaintext)
        self._check(room_id, event, key, payload)
        self._check_new(session_id, index, field(event, "event_id", str))
        return self._shown(room_id, event, key, payload)

    def keep(self, refused: Undecryptable) -> None:
        """Until the key comes."""
        session_id = refused.event["content"]["session_id"]
        number = self._records.next("waiting")
        at = f"{place(refused.room_id, session_id)} {number:012}"
        self._records.put("waiting", at, {"room_id": refused.room_id, "event": refused.event})
        self._records.put("waited", f"{number:012}", {"at": at})
        if number > MAX_WAITING:
            self._forget(f"{number - MAX_WAITING:012}")

    def try_again(self, room_id: str, session_id: str) -> list[Decrypted]:
        """What waited for this key and can be read now."""
        read: list[Decrypted] = []
        for at, waiting in self._records.find("waiting", f"{place(room_id, session_id)} ").items():
            try:
                read.append(self.read(room_id, waiting["event"]))
            except (MissingRoomKey, KeyStartsLater, RoomKeyWithheld):
                continue
            except E2eeError:
                pass
            self._forget(at.rpartition(" ")[2])
        return read

    def is_waiting(self, room_id: str, event_id: str, session_id: str) -> bool:
        found = self._records.find("waiting", f"{place(room_id, session_id)} ")
        return any(one["event"].get("event_id") == event_id for one in found.values())

    def trust_of(self, key: RoomKey, sender: str) -> tuple[Trust, Device | None]:
        """Whose key it is. A copy proves nothing; the key of a known device does."""
        device = self._lists.device_of_key(sender, key.sender_key)
        if device is None and key.device is not None and key.sender == sender:
            device = stored(sender, key.device["device_id"], key.device)
        if device is None or device.ed25519 != key.claimed_ed25519:
            return Trust.UNKNOWN, None
        if not key.is_authentic and key.source is not KeySource.FORWARDED:
            return Trust.UNKNOWN, device
        return self._trust.of(device), device

    def _missing(self, room_id: str, session_id: str) -> E2eeError:
        withheld = self._records.get("withheld", place(room_id, session_id))
        if withheld is not None:
            return RoomKeyWithheld(session_id, withheld["code"], withheld["reason"])
        own = self._lists.devices(self._lists.own_user_id)
        helpful = [one.device_id for one in own if self._trust.of(one) is Trust.VERIFIED]
        return MissingRoomKey(room_id, session_id, tuple(helpful))

    def _check(self, room_id: str, event: JsonObject, key: RoomKey, payload: JsonObject) -> None:
        if field(payload, "room_id", str) != room_id or key.room_id != room_id:
            raise WrongRoom("The message was made for another room.")
        if key.is_authentic and key.sender != field(event, "sender", str):
            raise ForgedSender("The event is not from whom the key is from.")

    def _check_new(self, session_id: str, index: int, event_id: str) -> None:
        at = f"{session_id} {index}"
        known = self._records.get("index", at)
        if known is None:
            self._records.put("index", at, {"event_id": event_id})
        elif known["event_id"] != event_id:
            raise Replayed(f"Message {index} of the session was {known['event_id']}.")

    def _shown(
        self, room_id: str, event: JsonObject, key: RoomKey, payload: JsonObject
    ) -> Decrypted:
        outer = event["content"]
        content = field(payload, "content", dict)
        if "m.relates_to" in outer:
            content.setdefault("m.relates_to", outer["m.relates_to"])
        shown = event | {"type": field(payload, "type", str), "content": content}
        trust, device = self.trust_of(key, event["sender"])
        shared_by = key.sender if key.source is KeySource.BUNDLE else None
        device_id = device.device_id if device else None
        return Decrypted(room_id, shown, trust, device_id, key.source, shared_by)

    def _forget(self, number: str) -> None:
        waited = self._records.get("waited", number)
        if waited is not None:
            self._records.remove("waiting", waited["at"])
            self._records.remove("waited", number)


def decrypted(session: InboundGroup, text: str) -> tuple[bytes, int]:
    try:
        return session.decrypt(text)
    except DecryptionFailed:
        index = message_index(text)
        if index is not None and index < session.first_index:
            raise KeyStartsLater(session.id, session.first_index) from None
        raise
