"""All verifications under way, by to-device messages and in rooms, and what follows from them."""

from collections.abc import Callable

from attrs import define, field

from e2ee.device_lists import DeviceLists
from e2ee.encoding import JsonObject, optional
from e2ee.encoding import field as field_of
from e2ee.errors import NotPossible
from e2ee.happenings import Happening, VerificationChanged
from e2ee.identity import OwnIdentity
from e2ee.outgoing import Outgoing
from e2ee.own_device import OwnDevice
from e2ee.trust import TrustWeb
from e2ee.vault import Random
from e2ee.verification.flow import METHODS, OVER, PREFIX, Phase, Verification
from e2ee.verification.sas import Party
from e2ee.verification.strings import Keys

TIMEOUT_MS = 10 * 60 * 1000
PROMPT_MS = 2 * 60 * 1000
FUTURE_MS = 5 * 60 * 1000
MAX_UNDER_WAY = 50
REQUEST = "m.key.verification.request"

SendToRoom = Callable[[str, str, JsonObject], str]
"""Queue an event for a room; the id of the request that carries it."""


@define
class Believers:
    """What a verification needs to know, and what it changes."""

    own: OwnDevice
    lists: DeviceLists
    trust: TrustWeb
    identity: OwnIdentity

    def keys(self, user_id: str, device_id: str) -> Keys | None:
        """Fixed when the verification begins. None for a device we do not know, or whose id is the
        name of a cross-signing key: then somebody plays with names.
        """
        device = self.lists.device(user_id, device_id)
        ours, theirs = self.lists.identity(self.own.user_id), self.lists.identity(user_id)
        names = {one.master for one in (ours, theirs) if one is not None}
        if device is None or device_id in names:
            return None
        return Keys(
            self.own.ed25519,
            ours.master if ours is not None and self._vouches(user_id, ours.master) else None,
            device,
            theirs.master if theirs is not None else None,
        )

    def _vouches(self, user_id: str, master: str) -> bool:
        """To others we present the identity that we believe is ours; to our own devices, the one
        that the server shows, for both to find out whether it is.
        """
        return user_id == self.own.user_id or self.trust.is_own_identity_verified()

    def believe(self, one: Verification) -> None:
        """What the people have confirmed."""
        assert one.keys is not None
        device, master = one.keys.their_device, one.keys.their_master
        if one.verified_master and master is not None:
            if one.their_user == self.own.user_id:
                if not self.trust.is_own_identity_verified():
                    self.identity.trust_own_master(master)
            elif self.identity.seed("user_signing") is not None:
                self.identity.sign_user(one.their_user)
        if one.verified_device:
            self.identity.verify_device(device)


@define
class Verifications:
    """In memory only: people who verify wait in front of the screen, and can begin anew."""

    _believers: Believers
    _outgoing: Outgoing
    _random: Random
    _send_to_room: SendToRoom
    _under_way: dict[str, Verification] = field(factory=dict)
    _asked_in_room: dict[str, Verification] = field(factory=dict)

    def get(self, id: str) -> Verification | None:
        return self._under_way.get(id)

    def all(self) -> list[Verification]:
        return list(self._under_way.values())

    def request(self, user_id: str, device_ids: list[str], now_ms: int) -> Verification:
        """Ask devices directly, usually our own."""
        one = self._new(self._random(16).hex(), user_id, now_ms, we_asked=True)
        if len(device_ids) == 1:
            one.their_device_id = device_ids[0]
        content = self._request_content() | {"timestamp": now_ms, "transaction_id": one.id}
        messages = {(user_id, device_id): content for device_id in device_ids}
        self._outgoing.send_to_devices(REQUEST, messages)
        return one

    def request_in_room(self, room_id: str, user_id: str, now_ms: int) -> Verification:
        """Ask a user in a room; the verification gets its id when the server has the event."""
        one = self._new("", user_id, now_ms, we_asked=True)
        one.room_id = room_id
        body = f"{self._believers.own.user_id} asks to verify your keys; your client cannot do it."
        content = self._request_content() | {"msgtype": REQUEST, "to": user_id, "body": body}
        sending = self._send_to_room(room_id, "m.room.message", content)
        self._asked_in_room[sending] = one
        return one

    def start(self, user_id: str, device_id: str, now_ms: int) -> Verification:
        """Begin to compare strings without asking first, for clients that know no requests."""
        one = self._new(self._random(16).hex(), user_id, now_ms, we_asked=True)
        one.their_device_id = device_id
        one.phase = Phase.READY
        self._fix(one)
        one.start_sas()
        self.say(one)
        return one

    def sent(self, request_id: str, event_id: str) -> list[Happening]:
        one = self._asked_in_room.pop(request_id, None)
        if one is None:
            return []
        one.id = event_id
        self._under_way[event_id] = one
        return [VerificationChanged(event_id)]

    def say(self, one: Verification) -> None:
        """Carry what the person's last step has to say, and believe what it has shown."""
        if one.phase is Phase.DONE and any(type == f"{PREFIX}done" for type, _ in one.outbox):
            self._believers.believe(one)
        for type, content in one.outbox:
            if one.room_id is not None:
                self._send_to_room(one.room_id, type, content)
            elif one.their_device_id is not None:
                place = (one.their_user, one.their_device_id)
                self._outgoing.send_to_devices(type, {place: content})
        one.outbox.clear()

    def receive_to_device(
        self, sender: str, type: str, content: JsonObject, now_ms: int
    ) -> list[Happening]:
        id = field_of(content, "transaction_id", str)
        if type == REQUEST:
            return self._receive_request(sender, id, content, None, now_ms)
        step = type.removeprefix(PREFIX)
        one = self._under_way.get(id)
        if one is None and step == "start":
            return self._receive_bare_start(sender, id, content, now_ms)
        if one is None or one.their_user != sender or one.room_id is not None:
            return []
        return self._receive(one, step, content, now_ms)

    def receive_in_room(self, room_id: str, event: JsonObject, now_ms: int) -> list[Happening]:
        """A decrypted or clear event of a room, if it is about a verification."""
        content = optional(event, "content", dict, {})
        sender, event_id = optional(event, "sender", str, ""), optional(event, "event_id", str, "")
        if content.get("msgtype") == REQUEST and event.get("type") == "m.room.message":
            if content.get("to") != self._believers.own.user_id:
                return []
            sent_ms = optional(event, "origin_server_ts", int, now_ms)
            timed = content | {"timestamp": sent_ms}
            return self._receive_request(sender, event_id, timed, room_id, now_ms)
        step = str(event.get("type", "")).removeprefix(PREFIX)
        one = self._under_way.get(optional(content, "m.relates_to", dict, {}).get("event_id", ""))
        if one is None or one.room_id != room_id or not str(event["type"]).startswith(PREFIX):
            return []
        if sender == self._believers.own.user_id:
            return self._receive_own(one, step, content)
        return self._receive(one, step, content, now_ms) if sender == one.their_user else []

    def expire(self, now_ms: int) -> list[Happening]:
        """Give up what nobody goes on with; forget what is over."""
        happenings: list[Happening] = []
        for id, one in list(self._under_way.items()):
            if 0 <= now_ms - one.touched_ms < TIMEOUT_MS:
                continue
            if one.phase in OVER:
                del self._under_way[id]
                continue
            one.cancel("m.timeout", "Nobody went on in time.")
            one.touched_ms = now_ms
            self.say(one)
            happenings.append(VerificationChanged(id))
        return happenings

    def _receive_request(
        self, sender: str, id: str, content: JsonObject, room_id: str | None, now_ms: int
    ) -> list[Happening]:
        age_ms = now_ms - optional(content, "timestamp", int, 0)
        own = self._believers.own
        device_id = field_of(content, "from_device", str)
        if (sender, device_id) == (own.user_id, own.device_id) or id in self._under_way:
            return []
        if not -FUTURE_MS <= age_ms <= TIMEOUT_MS or len(self._under_way) >= MAX_UNDER_WAY:
            return []
        self._cancel_others(sender, device_id)
        one = self._new(id, sender, now_ms, we_asked=False)
        one.room_id, one.their_device_id = room_id, device_id
        one.offer(optional(content, "methods", list, []))
        self._fix(one)
        return [VerificationChanged(id)]

    def _receive_bare_start(
        self, sender: str, id: str, content: JsonObject, now_ms: int
    ) -> list[Happening]:
        """Without a request before it, as old clients do."""
        if len(self._under_way) >= MAX_UNDER_WAY:
            return []
        one = self._new(id, sender, now_ms, we_asked=False)
        one.their_device_id = field_of(content, "from_device", str)
        one.phase = Phase.READY
        self._believers.lists.follow([sender])
        return self._receive(one, "start", content, now_ms)

    def _receive(
        self, one: Verification, step: str, content: JsonObject, now_ms: int
    ) -> list[Happening]:
        one.touched_ms = now_ms
        their_device = one.their_device_id
        one.receive(step, content)
        if step == "ready" and one.room_id is None:
            self._tell_the_others(one)
        elif their_device is None and step == "cancel":
            one.outbox.clear()
        self._fix(one)
        self.say(one)
        return [VerificationChanged(one.id)]

    def _receive_own(self, one: Verification, step: str, content: JsonObject) -> list[Happening]:
        """In a room we see what our other devices say, and what we said ourselves."""
        elsewhere = content.get("from_device") != self._believers.own.device_id
        if step == "ready" and elsewhere and one.phase is Phase.REQUESTED and not one.we_asked:
            one.phase, one.cancel_code = Phase.CANCELLED, "m.accepted"
            return [VerificationChanged(one.id)]
        return []

    def _fix(self, one: Verification) -> None:
        if one.keys is None and one.their_device_id is not None:
            one.keys = self._believers.keys(one.their_user, one.their_device_id)
        one.trusts_own_master = self._believers.trust.is_own_identity_verified()

    def _tell_the_others(self, one: Verification) -> None:
        """One device accepted: the others need not ask their user any more."""
        content = {"transaction_id": one.id, "code": "m.accepted", "reason": "Accepted elsewhere."}
        messages = {
            (one.their_user, device.device_id): content
            for device in self._believers.lists.devices(one.their_user)
            if device.device_id not in (one.their_device_id, self._believers.own.device_id)
        }
        self._outgoing.send_to_devices(f"{PREFIX}cancel", messages)

    def _cancel_others(self, user_id: str, device_id: str) -> None:
        """A device that begins again gives up what it began before."""
        for one in self._under_way.values():
            begun = one.phase not in OVER and not one.we_asked
            if begun and (one.their_user, one.their_device_id) == (user_id, device_id):
                one.cancel("m.unexpected_message", "You began another one.")
                self.say(one)

    def _new(self, id: str, user_id: str, now_ms: int, *, we_asked: bool) -> Verification:
        if len(self._under_way) >= MAX_UNDER_WAY:
            raise NotPossible("There are too many verifications under way.")
        own = self._believers.own
        party = Party(own.user_id, own.device_id)
        one = Verification(id, party, user_id, we_asked, self._random, touched_ms=now_ms)
        if id:
            self._under_way[id] = one
        return one

    def _request_content(self) -> JsonObject:
        return {"from_device": self._believers.own.device_id, "methods": list(METHODS)}
