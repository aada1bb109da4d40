"""Asking our own devices for room keys and secrets, and answering them. Spec: "Key requests"."""

from attrs import define

from e2ee.devices import MEGOLM, Device
from e2ee.encoding import JsonObject, field
from e2ee.errors import NotEncrypted
from e2ee.happenings import KeySource, Trust
from e2ee.olm_channel import OpenedMessage
from e2ee.own_devices import OwnDevices
from e2ee.petitions import Petitions
from e2ee.records import Records
from e2ee.room_keys import RoomKeys, copied_key, forwarded
from e2ee.sharing import REASONS, Channels
from e2ee.vault import Random

REFUSALS = REASONS | {"m.unavailable": "This device does not have the key."}


@define
class KeyRequests:
    """Keys go to verified devices of our own user, and come from them, and nobody else."""

    _devices: OwnDevices
    _keys: RoomKeys
    _channels: Channels
    _records: Records
    _random: Random

    @property
    def _petitions(self) -> Petitions:
        kind = "m.room_key_request"
        return Petitions(kind, "asked", self._devices, self._channels, self._records)

    def ask(self, room_id: str, session_id: str, sender_key: str = "") -> bool:
        """Ask all our verified devices, once; False if there are none. The sender key, which the
        event may claim, is for clients that still want it.
        """
        helpers = self._devices.verified()
        if not helpers or self._records.get("asking", session_id) is not None:
            return bool(helpers)
        request_id = self._random(16).hex()
        asked = [one.device_id for one in helpers]
        asking = {"request_id": request_id, "room_id": room_id, "devices": asked}
        self._records.put("asking", session_id, asking)
        body = {"algorithm": MEGOLM, "room_id": room_id, "session_id": session_id}
        if sender_key:
            body["sender_key"] = sender_key
        self._petitions.ask(asked, request_id, {"body": body})
        return True

    def receive_key(self, opened: OpenedMessage) -> tuple[str, str]:
        """An m.forwarded_room_key that we asked for; the room and session that it opens."""
        device = self._devices.sender(opened)
        content = opened.content
        session_id, room_id = field(content, "session_id", str), field(content, "room_id", str)
        asking = self._records.get("asking", session_id)
        if asking is None or asking["room_id"] != room_id:
            raise NotEncrypted("A key that we did not ask for.")
        claimed = {"ed25519": field(content, "sender_claimed_ed25519_key", str)}
        copy = content | {"sender_claimed_keys": claimed}
        key = copied_key(copy, KeySource.FORWARDED, room_id, session_id)
        self._keys.add(key, self._keys.from_export(field(content, "session_key", str)))
        self._records.remove("asking", session_id)
        others = [one for one in asking["devices"] if one != device.device_id]
        self._petitions.call_off(others, asking["request_id"])
        return room_id, session_id

    def receive_request(self, sender: str, content: JsonObject) -> None:
        request = self._petitions.receive(sender, content)
        if request is not None:
            body = field(content, "body", dict)
            wanted = {name: field(body, name, str) for name in ("room_id", "session_id")}
            self._petitions.keep(*request, wanted)

    def answer(self, now_ms: int) -> None:
        for device, asked in self._petitions.due(now_ms):
            self._answer(device, asked["room_id"], asked["session_id"])

    def _answer(self, device: Device, room_id: str, session_id: str) -> None:
        if self._devices.trust.of(device) is not Trust.VERIFIED:
            self._refuse(device, room_id, session_id, "m.unverified")
            return
        found = self._keys.find(room_id, session_id)
        if found is None:
            self._refuse(device, room_id, session_id, "m.unavailable")
            return
        self._channels.hand_over(device, "m.forwarded_room_key", forwarded(*found))

    def _refuse(self, device: Device, room_id: str, session_id: str, code: str) -> None:
        notice: JsonObject = {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": session_id,
            "sender_key": self._devices.own.curve25519,
            "code": code,
            "reason": REFUSALS[code],
        }
        place = (device.user_id, device.device_id)
        self._channels.outgoing.send_to_devices("m.room_key.withheld", {place: notice})


@define
class SecretRequests:
    """The same for secrets. Spec: "Secrets", "Sharing"."""

    _devices: OwnDevices
    _channels: Channels
    _records: Records
    _random: Random

    @property
    def _petitions(self) -> Petitions:
        kind = "m.secret.request"
        return Petitions(kind, "asked secret", self._devices, self._channels, self._records)

    def ask(self, name: str) -> None:
        asked = [one.device_id for one in self._devices.verified()]
        request_id = self._random(16).hex()
        self._records.put("asking secret", request_id, {"name": name, "devices": asked})
        self._petitions.ask(asked, request_id, {"name": name})

    def receive_secret(self, opened: OpenedMessage) -> tuple[str, str]:
        """Name and secret, from a verified device that we had asked."""
        device = self._devices.sender(opened)
        request_id = field(opened.content, "request_id", str)
        asking = self._records.get("asking secret", request_id)
        if asking is None or device.device_id not in asking["devices"]:
            raise NotEncrypted("A secret that we did not ask for.")
        secret = field(opened.content, "secret", str)
        self._records.remove("asking secret", request_id)
        others = [one for one in asking["devices"] if one != device.device_id]
        self._petitions.call_off(others, request_id)
        return asking["name"], secret

    def receive_request(self, sender: str, content: JsonObject) -> None:
        request = self._petitions.receive(sender, content)
        if request is not None:
            self._petitions.keep(*request, {"name": field(content, "name", str)})

    def answer(self, now_ms: int) -> None:
        """Verified devices get what we have; others hear nothing."""
        for device, asked in self._petitions.due(now_ms):
            secret = self._records.get("secret", asked["name"])
            if secret is not None and self._devices.trust.of(device) is Trust.VERIFIED:
                content = {"request_id": asked["id"], "secret": secret["secret"]}
                self._channels.hand_over(device, "m.secret.send", content)
