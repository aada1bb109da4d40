"""Encrypted to-device messages between two devices. Spec: "m.olm.v1.curve25519-aes-sha2"."""

import hashlib

from attrs import Factory, define, frozen

from e2ee.device_lists import DeviceLists
from e2ee.devices import OLM, Device, read_device
from e2ee.encoding import (
    JsonObject,
    canonical,
    ciphertext,
    decode_object,
    encode_base64,
    field,
)
from e2ee.errors import (
    DecryptionFailed,
    ForgedRecipient,
    ForgedSender,
    NoOlmSession,
    NotForUs,
    Replayed,
    UnknownAlgorithm,
)
from e2ee.opened import Opened
from e2ee.own_device import OwnDevice
from e2ee.ratchets.ratchet import PRE_KEY, OlmMessage, OlmSession, Ratchets
from e2ee.records import Records

MAX_SESSIONS = 8
"""With one device; those that were silent longest go first."""
MAX_SEEN = 5_000


@frozen
class OpenedMessage:
    """A to-device message that was decrypted and checked."""

    sender: str
    sender_key: str
    ed25519: str
    type: str
    content: JsonObject
    device: Device | None
    """Whose keys vouch for the sender; None as long as nobody's do."""


@define
class OlmChannel:
    """Sessions by the other side's identity key. Order is by a counter: clocks may jump."""

    _own: OwnDevice
    _lists: DeviceLists
    _records: Records
    _ratchets: Ratchets
    _opened: Opened[OlmSession] = Factory(Opened)

    def has_session(self, curve25519: str) -> bool:
        return bool(self._records.find("olm", f"{curve25519}/"))

    def open_session(self, device: Device, one_time_key: str, *, fallback: bool) -> bool:
        """False if the server gave us this one-time key before: it may be used once."""
        kept = self._records.find("olm", f"{device.curve25519}/")
        if not fallback and any(one["one_time_key"] == one_time_key for one in kept.values()):
            return False
        session = self._own.session_to(device.curve25519, one_time_key)
        self._save(device.curve25519, session, {"one_time_key": one_time_key})
        return True

    def encrypt(self, device: Device, type: str, content: JsonObject) -> JsonObject | None:
        """For this device only; None without a session."""
        kept = self._records.find("olm", f"{device.curve25519}/")
        if not kept:
            return None
        record = max(kept.values(), key=lambda one: int(one["used"]))
        session = self._session(record)
        message = session.encrypt(canonical(self._payload(device, type, content)))
        record |= {"by": self._ratchets.name, "pickle": session.pickle()}
        self._opened.keep(record["pickle"], session)
        self._records.put("olm", f"{device.curve25519}/{session.id}", record)
        return {
            "algorithm": OLM,
            "sender_key": self._own.curve25519,
            "ciphertext": {device.curve25519: {"type": message.type, "body": message.body}},
        }

    def decrypt(self, sender: str, content: JsonObject) -> OpenedMessage:
        """Raises an E2eeError, inside of a step of its own: what failed has changed nothing."""
        if content.get("algorithm") != OLM:
            raise UnknownAlgorithm(f"We do not speak {content.get('algorithm')!r}.")
        sender_key = field(content, "sender_key", str)
        ours = field(content, "ciphertext", dict).get(self._own.curve25519)
        if not isinstance(ours, dict):
            raise NotForUs("The message has no ciphertext for this device.")
        message = OlmMessage(field(ours, "type", int), ciphertext(ours, "body"))
        self._check_new(message)
        payload = decode_object(self._open(sender_key, message))
        return self._checked(sender, sender_key, payload)

    def _open(self, sender_key: str, message: OlmMessage) -> bytes:
        kept = self._records.find("olm", f"{sender_key}/")
        for record in sorted(kept.values(), key=lambda one: -int(one["used"])):
            session = self._session(record)
            if message.type == PRE_KEY and not session.matches(message):
                continue
            try:
                plaintext = session.decrypt(message)
            except DecryptionFailed:
                if message.type == PRE_KEY:
                    raise
                continue
            self._save(sender_key, session, record)
            return plaintext
        if message.type != PRE_KEY:
            raise NoOlmSession("No session with this device reads the message.")
        session, plaintext = self._own.session_from(sender_key, message)
        self._save(sender_key, session, {"one_time_key": None})
        return plaintext

    def _checked(self, sender: str, sender_key: str, payload: JsonObject) -> OpenedMessage:
        """Spec: "Validation of incoming decrypted events"."""
        if field(payload, "sender", str) != sender:
            raise ForgedSender("The payload names another sender than the envelope.")
        if field(payload, "recipient", str) != self._own.user_id:
            raise ForgedRecipient("The payload is for another user.")
        if field(field(payload, "recipient_keys", dict), "ed25519", str) != self._own.ed25519:
            raise ForgedRecipient("The payload is for another device.")
        ed25519 = field(field(payload, "keys", dict), "ed25519", str)
        device = self._device(sender, sender_key, payload)
        if device is not None and (device.ed25519, device.curve25519) != (ed25519, sender_key):
            raise ForgedSender("The payload has other keys than the sender's device.")
        return OpenedMessage(
            sender,
            sender_key,
            ed25519,
            field(payload, "type", str),
            field(payload, "content", dict),
            device,
        )

    def _device(self, sender: str, sender_key: str, payload: JsonObject) -> Device | None:
        """As the sender's list has it; else as the message brings it along (MSC4147)."""
        brought = payload.get("sender_device_keys")
        if brought is not None:
            if not isinstance(brought, dict):
                raise ForgedSender("The sender's device keys are no object.")
            device = read_device(sender, field(brought, "device_id", str), brought)
            listed = self._lists.device(sender, device.device_id)
            if listed is None or (listed.ed25519, listed.curve25519) != (
                device.ed25519,
                device.curve25519,
            ):
                return device
            return listed
        return self._lists.device_of_key(sender, sender_key)

    def _payload(self, device: Device, type: str, content: JsonObject) -> JsonObject:
        return {
            "type": type,
            "content": content,
            "sender": self._own.user_id,
            "recipient": device.user_id,
            "recipient_keys": {"ed25519": device.ed25519},
            "keys": {"ed25519": self._own.ed25519},
            "sender_device_keys": self._own_keys(),
        }

    def _own_keys(self) -> JsonObject:
        """With the signature of our identity, if the server has shown it to us."""
        listed = self._lists.device(self._own.user_id, self._own.device_id)
        if listed is not None and listed.ed25519 == self._own.ed25519:
            return listed.keys
        return self._own.keys()

    def _check_new(self, message: OlmMessage) -> None:
        """The same ciphertext again is the server's repetition, no sign of a broken session."""
        digest = encode_base64(hashlib.sha256(message.body.encode()).digest())
        if any(self._records.get(kind, digest) for kind in ("seen-0", "seen-1")):
            raise Replayed("This message was received before.")
        number = self._records.next("seen")
        turn = number // MAX_SEEN % 2
        if number % MAX_SEEN == 0:
            for old in self._records.find(f"seen-{turn}"):
                self._records.remove(f"seen-{turn}", old)
        self._records.put(f"seen-{turn}", digest, {"n": number})

    def _session(self, record: JsonObject) -> OlmSession:
        if record["by"] == self._ratchets.name:
            return self._opened.take(record["pickle"], self._ratchets.session)
        return self._ratchets.session_of(record["by"], record["pickle"])

    def _save(self, curve25519: str, session: OlmSession, record: JsonObject) -> None:
        used = self._records.next("olm")
        record |= {"by": self._ratchets.name, "pickle": session.pickle(), "used": used}
        self._opened.keep(record["pickle"], session)
        self._records.put("olm", f"{curve25519}/{session.id}", record)
        kept = self._records.find("olm", f"{curve25519}/")
        for key in sorted(kept, key=lambda one: -int(kept[one]["used"]))[MAX_SESSIONS:]:
            self._records.remove("olm", key)
