"""The keys of a room's history for somebody whom we invite. Spec: "Sharing keys between users"."""

from attrs import define

from e2ee.device_lists import DeviceLists
from e2ee.devices import MEGOLM
from e2ee.encoding import JsonObject, decode_object, field, optional
from e2ee.errors import E2eeError, NotEncrypted, NotPossible, TooLarge
from e2ee.happenings import Happening, HistoryOffered, KeySource, RoomKeyArrived, Trust
from e2ee.olm_channel import OpenedMessage
from e2ee.outgoing import Messages
from e2ee.records import Records
from e2ee.room_keys import RoomKeys, copied_key, exported, room_key_from
from e2ee.rooms import Rooms
from e2ee.sharing import Channels
from e2ee.trust import TrustWeb

RECENT_MS = 24 * 60 * 60 * 1000
MAX_BUNDLE = 64 * 1024 * 1024
SIGNED = (Trust.VERIFIED, Trust.CROSS_SIGNED)
BUNDLE = "m.room_key_bundle"
NOT_SHARED = "m.history_not_shared"


@define
class Giving:
    """What we share: what its authors let be shared, with devices that their user signed."""

    _lists: DeviceLists
    _trust: TrustWeb
    _rooms: Rooms
    _keys: RoomKeys
    _channels: Channels

    def bundle(self, room_id: str) -> JsonObject:
        """Spec: RoomKeyBundle. To be uploaded as an attachment."""
        if not self._rooms.settings(room_id).shares_history:
            raise NotPossible("The room does not share its history with newcomers.")
        room_keys: list[JsonObject] = []
        withheld: list[JsonObject] = []
        for key, session in self._keys.in_room(room_id):
            about = {
                "algorithm": MEGOLM,
                "room_id": room_id,
                "session_id": key.session_id,
                "sender_key": key.sender_key,
            }
            if key.shareable:
                copy = exported(key, session)
                kept = {name: copy[name] for name in ("session_key", "sender_claimed_keys")}
                room_keys.append(about | kept)
            else:
                withheld.append(about | {"code": NOT_SHARED, "reason": "History not shared"})
        return {"room_keys": room_keys, "withheld": withheld}

    def offer(self, room_id: str, user_id: str, file: JsonObject, now_ms: int) -> bool:
        """Tell the user's devices where it lies; False while requests have to be carried first."""
        self._lists.follow([user_id])
        if not self._lists.is_settled(user_id, now_ms):
            return False
        devices = [one for one in self._lists.devices(user_id) if self._trust.of(one) in SIGNED]
        if self._channels.claims.want(devices, now_ms):
            return False
        messages: Messages = {}
        for device in devices:
            content = {"room_id": room_id, "file": file}
            sealed = self._channels.channel.encrypt(device, BUNDLE, content)
            if sealed is not None:
                messages[device.user_id, device.device_id] = sealed
        self._channels.outgoing.send_to_devices("m.room.encrypted", messages)
        return True


@define
class Taking:
    """What is shared with us: fetched only if we accept the invitation of the one who shares."""

    _own_user_id: str
    _keys: RoomKeys
    _records: Records

    def receive_invite(self, room_id: str, state: list[object]) -> None:
        for event in state:
            if isinstance(event, dict) and event.get("state_key") == self._own_user_id:
                sender = event.get("sender")
                if event.get("type") == "m.room.member" and isinstance(sender, str):
                    self._records.put("invite", room_id, {"by": sender, "accepted_ms": None})

    def receive_joined(self, room_id: str, now_ms: int) -> list[Happening]:
        """Note when an invitation was accepted; the history that its sender offers, if any."""
        invite = self._records.get("invite", room_id)
        if invite is None or invite["accepted_ms"] is not None:
            return []
        self._records.put("invite", room_id, invite | {"accepted_ms": now_ms})
        return self._offers(room_id, now_ms)

    def receive_offer(self, opened: OpenedMessage, now_ms: int) -> list[Happening]:
        if opened.device is None:
            raise NotEncrypted("A bundle of history whose sender nobody vouches for.")
        room_id, file = field(opened.content, "room_id", str), field(opened.content, "file", dict)
        self._records.put("bundle", f"{room_id} {opened.sender}", {"file": file})
        return self._offers(room_id, now_ms)

    def pending(self, now_ms: int) -> list[Happening]:
        """After a restart: what was offered, accepted, and not taken in."""
        invited = self._records.find("invite")
        return [one for room_id in invited for one in self._offers(room_id, now_ms)]

    def take(self, room_id: str, sender: str, data: bytes) -> list[RoomKeyArrived]:
        """The decrypted bundle. Keys of other rooms, and what is not better than ours, are left."""
        if len(data) > MAX_BUNDLE:
            raise TooLarge("The bundle of history is too large.")
        bundle = decode_object(data)
        arrived: list[RoomKeyArrived] = []
        for copy in optional(bundle, "room_keys", list, []):
            try:
                with self._records.step():
                    session_id = self._take_one(room_id, sender, copy)
            except E2eeError:
                continue
            arrived.append(RoomKeyArrived(room_id, session_id))
        for one in optional(bundle, "withheld", list, []):
            if isinstance(one, dict) and one.get("room_id") == room_id:
                session_id = optional(one, "session_id", str, "")
                code = {"code": NOT_SHARED, "reason": "History not shared", "sender": sender}
                self._records.put("withheld", f"{room_id} {session_id}", code)
        self._records.remove("bundle", f"{room_id} {sender}")
        return arrived

    def forget(self, room_id: str, sender: str) -> None:
        """The file is gone, or not worth it."""
        self._records.remove("bundle", f"{room_id} {sender}")

    def _take_one(self, room_id: str, sender: str, copy: object) -> str:
        if not isinstance(copy, dict) or copy.get("room_id") != room_id:
            raise NotPossible("The key is for another room.")
        session_id = field(copy, "session_id", str)
        key = copied_key(copy, KeySource.BUNDLE, room_id, session_id)
        session = self._keys.from_export(field(copy, "session_key", str))
        self._keys.add(room_key_from(key, sender), session)
        return session_id

    def _offers(self, room_id: str, now_ms: int) -> list[Happening]:
        invite = self._records.get("invite", room_id)
        if invite is None or invite["accepted_ms"] is None:
            return []
        if not 0 <= now_ms - int(invite["accepted_ms"]) < RECENT_MS:
            return []
        offer = self._records.get("bundle", f"{room_id} {invite['by']}")
        return [] if offer is None else [HistoryOffered(room_id, invite["by"], offer["file"])]
