"""To-device messages as they come in, each in a step of its own."""

from collections.abc import Callable

from attrs import define, frozen

from e2ee.author_requests import AuthorRequests, GivingAgain
from e2ee.claims import Claims
from e2ee.device_lists import DeviceLists
from e2ee.encoding import JsonObject, field, optional
from e2ee.errors import (
    DecryptionFailed,
    E2eeError,
    NoOlmSession,
    NotBetter,
    NotEncrypted,
    Replayed,
)
from e2ee.happenings import (
    Happening,
    RoomKeyArrived,
    SecretReceived,
    ToDeviceReceived,
    ToDeviceRefused,
)
from e2ee.history import Taking
from e2ee.identity import OwnIdentity
from e2ee.key_requests import KeyRequests, SecretRequests
from e2ee.olm_channel import OlmChannel, OpenedMessage
from e2ee.records import Records
from e2ee.room_keys import RoomKeys, direct_key, place
from e2ee.trust import TrustWeb
from e2ee.verification.verifications import Verifications

BUNDLES = ("m.room_key_bundle", "io.element.msc4268.room_key_bundle")
SECRET = ("m.room_key", "m.forwarded_room_key", "m.secret.send", "m.dummy", *BUNDLES)
"""Types that count only if they came encrypted."""


@frozen
class KeyHandlers:
    """Room keys, from anybody."""

    lists: DeviceLists
    keys: RoomKeys
    history: Taking
    authors: AuthorRequests
    giving_again: GivingAgain


@frozen
class OwnHandlers:
    """What only our own devices may say."""

    key_requests: KeyRequests
    secret_requests: SecretRequests
    identity: OwnIdentity


@frozen
class Handlers:
    """Who takes what."""

    keys: KeyHandlers
    own: OwnHandlers
    verifications: Verifications


@define
class Inbox:
    _records: Records
    _channel: OlmChannel
    _claims: Claims
    _trust: TrustWeb
    _handlers: Handlers

    def receive(self, event: JsonObject, now_ms: int) -> list[Happening]:
        """Whatever is wrong with one message does not touch the next."""
        sender = optional(event, "sender", str, "")
        try:
            with self._records.step():
                return self._receive(sender, event, now_ms)
        except Replayed:
            return []
        except NotBetter:
            return []
        except E2eeError as error:
            if isinstance(error, DecryptionFailed | NoOlmSession):
                sender_key = optional(optional(event, "content", dict, {}), "sender_key", str, "")
                self._claims.mend(sender, sender_key, now_ms)
            return [ToDeviceRefused(sender, error)]

    def _receive(self, sender: str, event: JsonObject, now_ms: int) -> list[Happening]:
        type, content = field(event, "type", str), field(event, "content", dict)
        if type == "m.room.encrypted":
            return self._receive_opened(self._channel.decrypt(sender, content), now_ms)
        if type in SECRET:
            raise NotEncrypted(f"{type} came in the clear.")
        if type == "m.room_key_request":
            self._receive_request(sender, content)
            return []
        if type == "m.secret.request":
            self._handlers.own.secret_requests.receive_request(sender, content)
            return []
        if type == "m.room_key.withheld":
            self._receive_withheld(sender, content, now_ms)
            return []
        if type.startswith("m.key.verification."):
            return self._handlers.verifications.receive_to_device(sender, type, content, now_ms)
        return [ToDeviceReceived(sender, type, content, None, None)]

    def _receive_request(self, sender: str, content: JsonObject) -> None:
        if sender == self._handlers.keys.lists.own_user_id:
            self._handlers.own.key_requests.receive_request(sender, content)
        else:
            self._handlers.keys.giving_again.receive_request(sender, content)

    def _receive_opened(self, opened: OpenedMessage, now_ms: int) -> list[Happening]:
        ours: dict[str, Callable[[OpenedMessage], list[Happening]]] = {
            "m.room_key": self._receive_key,
            "m.forwarded_room_key": self._receive_forwarded,
            "m.secret.send": self._receive_secret,
            "m.dummy": lambda _: [],
        }
        if opened.type in ours:
            return ours[opened.type](opened)
        if opened.type in BUNDLES:
            return self._handlers.keys.history.receive_offer(opened, now_ms)
        if opened.type.startswith("m.key.verification."):
            return self._handlers.verifications.receive_to_device(
                opened.sender, opened.type, opened.content, now_ms
            )
        device = opened.device
        trust = self._trust.of(device) if device else None
        device_id = device.device_id if device else None
        return [ToDeviceReceived(opened.sender, opened.type, opened.content, device_id, trust)]

    def _receive_key(self, opened: OpenedMessage) -> list[Happening]:
        """Whoever talks to us is worth knowing: the trust of what they say depends on it."""
        self._handlers.keys.lists.follow([opened.sender])
        key = direct_key(opened.content, opened.sender, opened.sender_key, opened.ed25519)
        session = self._handlers.keys.keys.from_key(field(opened.content, "session_key", str))
        self._handlers.keys.keys.add(key, session, opened.device)
        self._handlers.keys.authors.arrived(key.session_id)
        return [RoomKeyArrived(key.room_id, key.session_id)]

    def _receive_forwarded(self, opened: OpenedMessage) -> list[Happening]:
        found = self._handlers.keys.authors.receive_key(opened)
        return [RoomKeyArrived(*(found or self._handlers.own.key_requests.receive_key(opened)))]

    def _receive_secret(self, opened: OpenedMessage) -> list[Happening]:
        name, secret = self._handlers.own.secret_requests.receive_secret(opened)
        self._handlers.own.identity.take_secret(name, secret)
        return [SecretReceived(name)]

    def _receive_withheld(self, sender: str, content: JsonObject, now_ms: int) -> None:
        """Anybody on the way may have written this: it only explains what is missing anyway."""
        code = field(content, "code", str)
        if code == "m.no_olm" and "session_id" not in content:
            self._claims.mend(sender, optional(content, "sender_key", str, ""), now_ms)
            return
        at = place(field(content, "room_id", str), field(content, "session_id", str))
        reason = optional(content, "reason", str, "")[:500]
        self._records.put("withheld", at, {"code": code, "reason": reason, "sender": sender})
