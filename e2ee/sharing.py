"""When a room gets a new key of ours, and who gets the key. Spec: "m.megolm.v1.aes-sha2"."""

from enum import Enum

from attrs import Factory, define, frozen

from e2ee.claims import Claims
from e2ee.device_lists import DeviceLists
from e2ee.devices import MEGOLM, Device
from e2ee.encoding import JsonObject, canonical
from e2ee.errors import NotInEncryptedRoom, UnknownAlgorithm
from e2ee.happenings import KeySource, Trust
from e2ee.olm_channel import OlmChannel
from e2ee.opened import Opened
from e2ee.outgoing import Messages, Outgoing
from e2ee.own_device import OwnDevice
from e2ee.ratchets.ratchet import OutboundGroup, Ratchets
from e2ee.records import Records
from e2ee.room_keys import SHAREABLE, RoomKey, RoomKeys
from e2ee.rooms import Rooms, RoomSettings
from e2ee.trust import TrustWeb


class ShareWith(Enum):
    """Which devices of a room's people get our keys. Blocked ones never do."""

    EVERY_DEVICE = "every device"
    IDENTIFIED = "identified"
    """Those that their user has signed; of users without an identity, all."""
    CROSS_SIGNED = "cross-signed"
    VERIFIED = "verified"


ALLOWED = {
    ShareWith.EVERY_DEVICE: set(Trust) - {Trust.BLOCKED},
    ShareWith.IDENTIFIED: {Trust.VERIFIED, Trust.CROSS_SIGNED, Trust.CHANGED},
    ShareWith.CROSS_SIGNED: {Trust.VERIFIED, Trust.CROSS_SIGNED},
    ShareWith.VERIFIED: {Trust.VERIFIED},
}

REASONS = {
    "m.blacklisted": "The sender has blocked this device.",
    "m.unverified": "The sender does not send to devices that are not verified.",
    "m.no_olm": "No secure channel to this device could be opened.",
}


MAX_AGAIN = 10
"""So often one device may ask for one key that it was given."""


@define
class Recipients:
    """Who is to get a room's keys, as things stand."""

    _own: OwnDevice
    _lists: DeviceLists
    _trust: TrustWeb
    share_with: ShareWith

    @property
    def generation(self) -> int:
        """Another one whenever the answers below may be others."""
        return self._lists.generation

    def settle(self, users: list[str], now_ms: int) -> bool:
        """Whether all their devices are known; follow the others. Raises IdentityChanged."""
        self._lists.follow(users)
        settled = all(self._lists.is_settled(user, now_ms) for user in users)
        if settled:
            for user in users:
                self._trust.remember_verified(user)
                self._trust.check_unchanged(user)
        return settled

    def sort(self, users: list[str]) -> tuple[list[Device], dict[tuple[str, str], str]]:
        """Devices that get the key, and for the others the code that says why not."""
        allowed: list[Device] = []
        withheld: dict[tuple[str, str], str] = {}
        for user in users:
            has_identity = self._lists.identity(user) is not None
            for device in self._lists.devices(user):
                if device.ed25519 == self._own.ed25519:
                    continue
                code = self._refusal(device, has_identity)
                if code is None:
                    allowed.append(device)
                else:
                    withheld[user, device.device_id] = code
        return allowed, withheld

    def _refusal(self, device: Device, has_identity: bool) -> str | None:
        trust = self._trust.of(device)
        if trust is Trust.BLOCKED:
            return "m.blacklisted"
        unsigned_is_fine = (
            self.share_with is ShareWith.IDENTIFIED and not has_identity and not device.dehydrated
        )
        if trust in ALLOWED[self.share_with] or unsigned_is_fine:
            return None
        return "m.unverified"


@frozen
class Channels:
    """How keys reach devices."""

    claims: Claims
    channel: OlmChannel
    outgoing: Outgoing

    def hand_over(self, device: Device, type: str, content: JsonObject) -> None:
        """Encrypted; devices that we cannot reach hear nothing."""
        sealed = self.channel.encrypt(device, type, content)
        if sealed is not None:
            place = (device.user_id, device.device_id)
            self.outgoing.send_to_devices("m.room.encrypted", {place: sealed})


@define
class Sharing:
    """A session is checked against the world only when the world has changed."""

    _rooms: Rooms
    _recipients: Recipients
    _channels: Channels
    _keys: RoomKeys
    _megolm: "OwnSessions"

    def encrypt(
        self, room_id: str, type: str, content: JsonObject, now_ms: int
    ) -> JsonObject | None:
        """The content of m.room.encrypted; None while requests have to be carried first."""
        if not self._rooms.is_encrypted(room_id):
            raise NotInEncryptedRoom(f"{room_id} is not known to be encrypted.")
        if self._rooms.settings(room_id).algorithm != MEGOLM:
            raise UnknownAlgorithm("The room asks for an algorithm that we do not speak.")
        if not self._rooms.is_known(room_id) or not self._is_shared(room_id, now_ms):
            return None
        payload: JsonObject = {"type": type, "content": content, "room_id": room_id}
        encrypted = self._megolm.encrypt(room_id, payload)
        if "m.relates_to" in content:
            encrypted["m.relates_to"] = content["m.relates_to"]
        return encrypted

    def discard(self, room_id: str) -> None:
        """The next message gets a new session."""
        self._megolm.forget(room_id)

    def _is_shared(self, room_id: str, now_ms: int) -> bool:
        settings = self._rooms.settings(room_id)
        state = self._megolm.state(room_id)
        current = self._situation(room_id)
        if state is None or state["situation"] != current or is_worn(state, settings, now_ms):
            if not self._share(room_id, settings, now_ms):
                return False
            state = self._megolm.state(room_id)
            assert state is not None
        if state["pending"]:
            if self._channels.outgoing.waits(state["session_id"]):
                return False
            self._megolm.note(room_id, pending=False)
        return True

    def _situation(self, room_id: str) -> list[object]:
        """If this is as it was, nobody came, left, or has other devices."""
        return [
            self._recipients.share_with.value,
            self._recipients.generation,
            self._rooms.generation(room_id),
        ]

    def _share(self, room_id: str, settings: RoomSettings, now_ms: int) -> bool:
        users = self._rooms.audience(room_id)
        if not self._recipients.settle(users, now_ms):
            return False
        allowed, withheld = self._recipients.sort(users)
        departures = self._rooms.departures(room_id)
        state = self._megolm.state(room_id)
        if state is not None and (
            is_worn(state, settings, now_ms)
            or state["departures"] != departures
            or state["shareable"] != settings.shares_history
            or self._megolm.has_others(state["session_id"], allowed)
        ):
            state = None
        if state is None:
            self._megolm.renew(room_id, settings.shares_history, departures, now_ms)
            state = self._megolm.state(room_id)
            assert state is not None
        missing = self._megolm.without(state["session_id"], allowed)
        if self._channels.claims.want(missing, now_ms):
            return False
        self._send(room_id, state, missing, withheld)
        self._megolm.note(room_id, pending=True, situation=self._situation(room_id))
        return True

    def _send(
        self,
        room_id: str,
        state: JsonObject,
        missing: list[Device],
        withheld: dict[tuple[str, str], str],
    ) -> None:
        session_id = state["session_id"]
        key = self._megolm.room_key(room_id)
        messages: Messages = {}
        for device in missing:
            place = (device.user_id, device.device_id)
            content = self._channels.channel.encrypt(device, "m.room_key", key)
            if content is None:
                withheld[place] = "m.no_olm"
            else:
                messages[place] = content
        reached = [one for one in missing if (one.user_id, one.device_id) in messages]
        self._channels.outgoing.send_to_devices("m.room.encrypted", messages, session_id)
        notices = self._megolm.given(room_id, session_id, reached, withheld)
        self._channels.outgoing.send_to_devices("m.room_key.withheld", notices, session_id)


@define
class OwnSessions:
    """In three records each: what changes with a message, who has the key, the key itself."""

    _own: OwnDevice
    _keys: RoomKeys
    _records: Records
    _ratchets: Ratchets
    _opened: Opened[OutboundGroup] = Factory(Opened)

    def state(self, room_id: str) -> JsonObject | None:
        state = self._records.get("outbound", room_id)
        if state is None or state["by"] != self._ratchets.name:
            return None
        return state

    def note(self, room_id: str, **facts: object) -> None:
        state = self.state(room_id)
        assert state is not None
        self._records.put("outbound", room_id, state | facts)

    def forget(self, room_id: str) -> None:
        self._records.remove("outbound", room_id)

    def renew(self, room_id: str, shareable: bool, departures: int, now_ms: int) -> None:
        old = self.state(room_id)
        if old is not None:
            self._records.remove("given", old["session_id"])
        session = self._ratchets.new_outbound()
        state: JsonObject = {
            "session_id": session.id,
            "created_ms": now_ms,
            "messages": 0,
            "shareable": shareable,
            "departures": departures,
            "situation": [],
            "pending": True,
        }
        self._save(room_id, state, session)
        key = RoomKey(
            room_id,
            session.id,
            self._own.curve25519,
            self._own.ed25519,
            KeySource.OWN,
            self._own.user_id,
            self._own.keys(),
            shareable,
        )
        self._keys.add(key, self._keys.from_key(session.session_key()))

    def room_key(self, room_id: str) -> JsonObject:
        """The content of m.room_key: reads from the next message on."""
        state = self.state(room_id)
        assert state is not None
        session = self._opened.look(state["pickle"], self._ratchets.outbound)
        return {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": state["session_id"],
            "session_key": session.session_key(),
            **dict.fromkeys(SHAREABLE, state["shareable"]),
        }

    def has_others(self, session_id: str, allowed: list[Device]) -> bool:
        """Whether somebody has the key who should not have it any more."""
        keys = {one.ed25519 for one in allowed}
        return any(ed25519 not in keys for ed25519 in self._given(session_id)["keys"])

    def without(self, session_id: str, allowed: list[Device]) -> list[Device]:
        have = set(self._given(session_id)["keys"])
        return [one for one in allowed if one.ed25519 not in have]

    def given(
        self,
        room_id: str,
        session_id: str,
        devices: list[Device],
        withheld: dict[tuple[str, str], str],
    ) -> Messages:
        """Remember who got the key; the notices for those who did not, once each."""
        given = self._given(session_id)
        given["keys"] += [one.ed25519 for one in devices]
        state = self.state(room_id)
        assert state is not None
        index = state["messages"]
        given.setdefault("from", {}).update({one.ed25519: index for one in devices})
        notices: Messages = {}
        for (user_id, device_id), code in withheld.items():
            name = f"{user_id} {device_id}"
            if given["told"].get(name) != code:
                given["told"][name] = code
                notices[user_id, device_id] = self._notice(room_id, session_id, code)
        self._records.put("given", session_id, given)
        return notices

    def is_current(self, room_id: str, session_id: str) -> bool:
        state = self.state(room_id)
        return state is not None and state["session_id"] == session_id

    def take_turn(self, room_id: str, session_id: str, device: Device) -> int | None:
        """From which message on a device was given the key, if it may have it once more."""
        given = self._given(session_id)
        index = given.get("from", {}).get(device.ed25519)
        turns = given.setdefault("again", {})
        turn = turns.get(device.ed25519, 0)
        if not self.is_current(room_id, session_id) or index is None or turn >= MAX_AGAIN:
            return None
        turns[device.ed25519] = turn + 1
        self._records.put("given", session_id, given)
        return int(index)

    def encrypt(self, room_id: str, payload: JsonObject) -> JsonObject:
        state = self.state(room_id)
        assert state is not None
        session = self._opened.take(state["pickle"], self._ratchets.outbound)
        text = session.encrypt(canonical(payload))
        state["messages"] += 1
        self._save(room_id, state, session)
        return {
            "algorithm": MEGOLM,
            "sender_key": self._own.curve25519,
            "device_id": self._own.device_id,
            "session_id": session.id,
            "ciphertext": text,
        }

    def _notice(self, room_id: str, session_id: str, code: str) -> JsonObject:
        notice: JsonObject = {
            "algorithm": MEGOLM,
            "sender_key": self._own.curve25519,
            "code": code,
            "reason": REASONS[code],
        }
        return notice | {"room_id": room_id, "session_id": session_id}

    def _given(self, session_id: str) -> JsonObject:
        return self._records.get("given", session_id) or {"keys": [], "told": {}}

    def _save(self, room_id: str, state: JsonObject, session: OutboundGroup) -> None:
        state |= {"by": self._ratchets.name, "pickle": session.pickle()}
        self._opened.keep(state["pickle"], session)
        self._records.put("outbound", room_id, state)


def is_worn(state: JsonObject, settings: RoomSettings, now_ms: int) -> bool:
    """Used up, too old, or made in a future that a wrong clock believed in."""
    age_ms = now_ms - int(state["created_ms"])
    return (
        not 0 <= age_ms < settings.rotation_ms
        or int(state["messages"]) >= settings.rotation_messages
    )
