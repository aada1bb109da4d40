"""The machine: what a host gives and takes. Everything else in this package is behind it."""

from collections.abc import Iterable

from attrs import define, field, frozen

from e2ee.building import build
from e2ee.encoding import JsonObject, optional
from e2ee.errors import E2eeError, KeyStartsLater, MissingRoomKey, NotPossible, RoomKeyWithheld
from e2ee.happenings import (
    Decrypted,
    Happening,
    RoomKeyArrived,
    Trust,
    Undecryptable,
)
from e2ee.ratchets.ratchet import Ratchets
from e2ee.records import Records
from e2ee.requests import Asker, Request
from e2ee.sharing import ShareWith
from e2ee.store import Store
from e2ee.vault import Random, Vault
from e2ee.wishes import Me, Wishes

__all__ = ["Machine", "Me", "Options"]


@frozen
class Options:
    """`random` gives unpredictable bytes; the ratchets draw their own."""

    ratchets: Ratchets
    random: Random
    share_with: ShareWith = ShareWith.IDENTIFIED


@define
class Machine(Wishes):
    """Syncs and answers go in; requests and happenings come out. Each call is one step of the
    store: when it returns, what it did survives a crash; if it raises, nothing was done.
    """

    _asked: dict[str, tuple[Asker, Request]] = field(factory=dict)
    _late: list[Happening] = field(factory=list)

    @classmethod
    def open(cls, me: Me, store: Store, secret: bytes, options: Options) -> "Machine":
        """The device as the store has it, or a new one. `secret` seals the store."""
        records = Records(store, Vault.of(secret, options.random))
        parts = build(me.user_id, me.device_id, records, options.ratchets, options.random)
        parts.recipients.share_with = options.share_with
        with records.step():
            parts.own.open()
            parts.lists.follow([me.user_id])
        return cls(me, records, parts, options.random)

    # To be carried

    def requests(self, now_ms: int) -> list[Request]:
        """What to carry to the server, in this order; each is offered until it is answered."""
        with self._records.step():
            self._parts.key_requests.answer(now_ms)
            self._parts.giving_again.answer(now_ms)
            self._parts.secret_requests.answer(now_ms)
            self._late += self._parts.verifications.expire(now_ms)
            self._late += self._parts.messages.prepare(now_ms)
            self._parts.backup.prepare()
            offered: list[Request] = []
            for asker in self._parts.askers:
                for request in asker.requests(now_ms):
                    self._asked[request.id] = (asker, request)
                    offered.append(request)
        return offered

    def receive_response(self, id: str, answer: JsonObject, now_ms: int) -> list[Happening]:
        """A successful answer. One that nobody awaits (any more) is ignored."""
        asked = self._asked.pop(id, None)
        if asked is None:
            return self.take_happenings()
        asker, request = asked
        with self._records.step():
            happenings = asker.answered(request, answer, now_ms)
            happenings += self._after(request, answer)
        return self.take_happenings() + happenings

    def receive_refusal(
        self, id: str, status: int, answer: JsonObject, now_ms: int
    ) -> list[Happening]:
        """The server will not have it. What may succeed later (5xx, 429, no answer at all) is no
        refusal: just carry it again.
        """
        asked = self._asked.pop(id, None)
        if asked is None:
            return self.take_happenings()
        asker, request = asked
        with self._records.step():
            if request.id == self._waiting_for_proof(request, status, answer):
                return self.take_happenings()
            happenings = asker.refused(request, status, now_ms)
            happenings += self._parts.messages.refused(request, status)
            self._parts.backup.refused(request, status)
        return self.take_happenings() + happenings

    def take_happenings(self) -> list[Happening]:
        """What came up while requests were made ready; also comes with the next answer or sync."""
        late, self._late = self._late, []
        return late

    # What comes down sync

    def receive_sync(self, response: JsonObject, now_ms: int) -> list[Happening]:
        """All of a /sync response that concerns encryption, but for the timelines' events: hand
        those to `receive_event` one by one.
        """
        with self._records.step():
            happenings = self._receive_rooms(response, now_ms)
            lists = optional(response, "device_lists", dict, {})
            self._parts.lists.changed(texts(optional(lists, "changed", list, [])))
            self._parts.lists.left(texts(optional(lists, "left", list, [])))
            self._parts.rooms.receive_place(optional(response, "next_batch", str, ""))
            fallbacks = response.get("device_unused_fallback_key_types")
            if "device_one_time_keys_count" in response or isinstance(fallbacks, list):
                counts = optional(response, "device_one_time_keys_count", dict, {})
                unused = fallbacks if isinstance(fallbacks, list) else None
                self._parts.own.receive_counts(counts, unused, now_ms)
            to_device = optional(optional(response, "to_device", dict, {}), "events", list, [])
            happenings += self._receive_to_device(to_device, now_ms)
        return self.take_happenings() + happenings

    def receive_to_device(self, events: Iterable[JsonObject], now_ms: int) -> list[Happening]:
        """To-device messages that came by another way than /sync."""
        with self._records.step():
            happenings = self._receive_to_device(events, now_ms)
        return self.take_happenings() + happenings

    def receive_counts(
        self, counts: JsonObject, unused_fallbacks: list[str] | None, now_ms: int
    ) -> None:
        with self._records.step():
            self._parts.own.receive_counts(counts, unused_fallbacks, now_ms)

    def receive_device_lists(self, changed: Iterable[str], left: Iterable[str]) -> None:
        with self._records.step():
            self._parts.lists.changed(changed)
            self._parts.lists.left(left)

    def receive_state(self, room_id: str, events: Iterable[JsonObject]) -> None:
        """State of a room in order, by whoever does not sync."""
        with self._records.step():
            self._parts.rooms.receive_state(room_id, events)

    def receive_members(self, room_id: str, members: dict[str, str]) -> None:
        """All members of a room, by their membership, by whoever knows them without asking."""
        with self._records.step():
            self._parts.rooms.complete(room_id, members)

    def receive_event(self, room_id: str, event: JsonObject, now_ms: int) -> list[Happening]:
        """An event of a room's timeline. Encrypted ones come back as Decrypted or Undecryptable;
        the latter are kept, and come again as Decrypted when the key arrives.
        """
        with self._records.step():
            if event.get("type") != "m.room.encrypted" or "state_key" in event:
                return self._parts.verifications.receive_in_room(room_id, event, now_ms)
            try:
                with self._records.step():
                    read = self._parts.reading.read(room_id, event)
            except E2eeError as error:
                return [self._keep(Undecryptable(room_id, event, error), now_ms)]
            happenings: list[Happening] = [read]
            happenings += self._parts.verifications.receive_in_room(room_id, read.event, now_ms)
        return happenings

    def receive_timeline(
        self, room_id: str, events: Iterable[JsonObject], now_ms: int
    ) -> list[Happening]:
        """Several events of a room, in order and in one step."""
        with self._records.step():
            return [
                happening
                for event in events
                if isinstance(event, dict)
                for happening in self.receive_event(room_id, event, now_ms)
            ]

    def decrypt(self, room_id: str, event: JsonObject) -> Decrypted:
        """The same, without waiting for what is missing: raises an E2eeError that says it."""
        with self._records.step():
            return self._parts.reading.read(room_id, event)

    # What the host wants

    def is_encrypted(self, room_id: str) -> bool:
        return self._parts.rooms.is_encrypted(room_id)

    def send(self, room_id: str, type: str, content: JsonObject) -> str:
        """Queue an event for a room, encrypted if the room is; Sent or NotSent bears this id."""
        with self._records.step():
            return self._parts.messages.send(room_id, type, content)

    def encrypt(
        self, room_id: str, type: str, content: JsonObject, now_ms: int
    ) -> JsonObject | None:
        """The content of an m.room.encrypted to send; None while requests must be carried first."""
        with self._records.step():
            return self._parts.sharing.encrypt(room_id, type, content, now_ms)

    def rotate(self, room_id: str) -> None:
        """The next message in the room is encrypted by a new key."""
        with self._records.step():
            self._parts.sharing.discard(room_id)

    def ask_for_key(self, room_id: str, session_id: str) -> bool:
        """Ask our other verified devices; False if there are none."""
        with self._records.step():
            return self._parts.key_requests.ask(room_id, session_id)

    def ask_author_for_key(self, author: str, room_id: str, session_id: str) -> None:
        """Ask all devices of whoever sent an event, once for each key. Some clients then give again
        what they gave before; from nobody else it is taken.
        """
        with self._records.step():
            self._parts.author_requests.ask(author, room_id, session_id)

    def follow(self, user_ids: Iterable[str]) -> None:
        """Learn the devices of these users; those of encrypted rooms are learnt when needed."""
        with self._records.step():
            self._parts.lists.follow(user_ids)

    def trust(self, user_id: str, device_id: str) -> Trust | None:
        """None for a device that we do not know."""
        device = self._parts.lists.device(user_id, device_id)
        return None if device is None else self._parts.trust.of(device)

    def device_ids(self, user_id: str) -> list[str]:
        return [one.device_id for one in self._parts.lists.devices(user_id)]

    def set_device_mark(self, user_id: str, device_id: str, mark: str | None) -> None:
        """'verified', 'blocked' or None: our own word on one device."""
        device = self._parts.lists.device(user_id, device_id)
        if device is None:
            raise NotPossible(f"We know no device {device_id} of {user_id}.")
        with self._records.step():
            self._parts.lists.set_mark(device, mark)

    def is_verified(self, user_id: str) -> bool:
        return self._parts.trust.is_verified(user_id)

    def acknowledge_identity(self, user_id: str) -> None:
        """Go on talking to a user whose identity has changed."""
        with self._records.step():
            self._parts.trust.acknowledge(user_id)

    # Inside

    def _receive_rooms(self, response: JsonObject, now_ms: int) -> list[Happening]:
        rooms = optional(response, "rooms", dict, {})
        happenings: list[Happening] = []
        for room_id, invite in optional(rooms, "invite", dict, {}).items():
            state = optional(optional(invite, "invite_state", dict, {}), "events", list, [])
            self._parts.taking.receive_invite(room_id, state)
        for room_id in optional(rooms, "join", dict, {}):
            happenings += self._parts.taking.receive_joined(room_id, now_ms)
        for section in ("join", "leave"):
            for room_id, room in optional(rooms, section, dict, {}).items():
                timeline = optional(room, "timeline", dict, {})
                events = optional(optional(room, "state", dict, {}), "events", list, [])
                events = events + optional(timeline, "events", list, [])
                limited = timeline.get("limited") is True
                self._parts.rooms.receive_state(room_id, events, limited=limited)
        return happenings

    def _receive_to_device(self, events: Iterable[JsonObject], now_ms: int) -> list[Happening]:
        happenings: list[Happening] = []
        for event in events:
            if isinstance(event, dict):
                happenings += self._parts.inbox.receive(event, now_ms)
        keys = [one for one in happenings if isinstance(one, RoomKeyArrived)]
        others = [one for one in happenings if not isinstance(one, RoomKeyArrived)]
        return others + self._opened(keys)

    def _keep(self, refused: Undecryptable, now_ms: int) -> Undecryptable:
        if isinstance(refused.error, MissingRoomKey | RoomKeyWithheld | KeyStartsLater):
            session_id = refused.event["content"]["session_id"]
            event_id = str(refused.event.get("event_id"))
            if not self._parts.reading.is_waiting(refused.room_id, event_id, session_id):
                self._parts.reading.keep(refused)
            sender_key = optional(refused.event["content"], "sender_key", str, "")
            self._parts.key_requests.ask(refused.room_id, session_id, sender_key)
        return refused

    def _after(self, request: Request, answer: JsonObject) -> list[Happening]:
        """What others make of an answer to something that waited in the queue."""
        happenings = self._parts.messages.answered(request, answer)
        happenings += self._opened(self._parts.backup.answered(request, answer))
        if is_identity(request):
            self._parts.identity.published()
        event_id = answer.get("event_id")
        if isinstance(event_id, str):
            happenings += self._parts.verifications.sent(request.id, event_id)
        return happenings

    def _waiting_for_proof(self, request: Request, status: int, answer: JsonObject) -> str | None:
        """A 401 to the identity's upload: the host is asked, and the request waits for it."""
        if status != 401 or not is_identity(request) or "flows" not in answer:
            return None
        at = self._parts.outgoing.pause(request.id)
        self._records.put("proof", "", {"asked": answer, "place": at})
        return request.id


def is_identity(request: Request) -> bool:
    return request.path.endswith("/device_signing/upload")


def texts(values: list[object]) -> list[str]:
    return [one for one in values if isinstance(one, str)]
