"""Laying dehydrated devices down, and waking them (MSC3814)."""

from collections.abc import Iterable

from attrs import define

from e2ee.dehydration import KEY_BYTES, PATH, SECRET, SleepingDevice, open_device
from e2ee.device_lists import DeviceLists
from e2ee.encoding import JsonObject, decode_base64, encode_base64, field
from e2ee.errors import E2eeError, NotPossible
from e2ee.happenings import RoomKeyArrived
from e2ee.identity import OwnIdentity
from e2ee.means import Means
from e2ee.olm_channel import OlmChannel, OpenedMessage
from e2ee.own_device import OwnDevice
from e2ee.ratchets.ratchet import Ratchets
from e2ee.records import Records
from e2ee.room_keys import RoomKeys, direct_key
from e2ee.stores.memory import MemoryStore
from e2ee.vault import Vault


@define
class Sleepers:
    """At most one on the server. Its key is among our secrets, for secret storage to keep."""

    _own: OwnDevice
    _identity: OwnIdentity
    _keys: RoomKeys
    _ratchets: Ratchets
    _means: Means

    def lay_down(self) -> None:
        self_signing = self._identity.seed("self_signing")
        if self_signing is None:
            raise NotPossible("A dehydrated device needs the self-signing key of the identity.")
        if self._identity.secret(SECRET) is None:
            self._identity.keep_secret(SECRET, encode_base64(self._means.random(KEY_BYTES)))
        device = SleepingDevice.create(self._means.random)
        data = device.seal(self._key(), self._means.random)
        body = device.upload(self._own.user_id, self_signing, data)
        self._means.outgoing.add("PUT", PATH, body)

    def wake(self, device_data: JsonObject, events: Iterable[JsonObject]) -> list[RoomKeyArrived]:
        """It reads what it was sent, in a memory of its own, and hands the room keys to us."""
        sleeper = open_device(device_data, self._key())
        records = Records(
            MemoryStore(), Vault.of(self._means.random(KEY_BYTES), self._means.random)
        )
        own = OwnDevice(self._own.user_id, sleeper.device_id, records, self._ratchets)
        with records.step():
            own.adopt(self._ratchets.take_over_account(sleeper.pickle(), b""))
        lists = DeviceLists(self._own.user_id, records)
        channel = OlmChannel(own, lists, records, self._ratchets)
        arrived: list[RoomKeyArrived] = []
        for event in events:
            try:
                with records.step():
                    content = field(event, "content", dict)
                    opened = channel.decrypt(field(event, "sender", str), content)
                    arrived += self._take(opened)
            except E2eeError:
                continue
        return arrived

    def _take(self, opened: OpenedMessage) -> list[RoomKeyArrived]:
        if opened.type != "m.room_key":
            return []
        key = direct_key(opened.content, opened.sender, opened.sender_key, opened.ed25519)
        session = self._keys.from_key(field(opened.content, "session_key", str))
        self._keys.add(key, session, opened.device)
        return [RoomKeyArrived(key.room_id, key.session_id)]

    def _key(self) -> bytes:
        secret = self._identity.secret(SECRET)
        if secret is None:
            raise NotPossible("This device does not have the key of the dehydrated device.")
        return decode_base64(secret)
