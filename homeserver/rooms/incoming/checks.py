"""Whether events are what they say: format, content hash, signatures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from attrs import field, frozen
from nacl.signing import VerifyKey

from homeserver.events.event import Event
from homeserver.events.ids import domain_of
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.events.received import MAX_SIGNATURES, Received, take
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject, JsonValue
from homeserver.peers.errors import PeerUnreachable
from homeserver.peers.refusals import Reason, Refusals
from homeserver.peers.server_keys import ServerKeys, Wish
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_FORGED = 100
"""Of one answer. Who tells more is not listened to: each costs as much to check as a true one."""
MAX_UNPROVED = 2000
"""Of one answer; beyond, keys are no longer looked for event by event."""
PORTION = 500
"""Of large answers: what is known to be forged need not be held while the rest is looked at."""
FEW = 60
"""More events than these are worked on away from the reactor's thread."""

UNPROVED = "The event is not signed by its server."
"""Or the key for its signature cannot be had."""

Keys = Mapping[tuple[str, str], VerifyKey]
Parse = Callable[[Sequence[JsonValue]], list[Received]]
T = TypeVar("T")


@frozen
class Checked:
    """Genuine events by id, as they came; and why others were refused, by id."""

    events: dict[str, Event]
    refused: dict[str, str] = field(factory=dict)
    forged: set[str] = field(factory=set)
    """Those of the refused whose signature is wrong: no honest server tells them."""


@frozen(eq=False)
class Checks:
    _db: Database
    _keys: ServerKeys
    refusals: Refusals

    async def check(
        self,
        values: Sequence[JsonValue],
        version: RoomVersion,
        room_id: str,
        server: str,
        *,
        is_past: bool = False,
    ) -> Checked:
        """Those of the PDUs that are genuine events of the room; `server` has told them.

        Raises PeerUnreachable where so many are forged that the rest is not worth a look.
        """
        if len(values) > PORTION:
            await self._keys.keys_for(_likely_wishes(values, version))
        checked, malformed = Checked({}), 0

        def parse(part: Sequence[JsonValue]) -> list[Received]:
            return _parse(part, version, room_id, is_past=is_past)

        for start in range(0, len(values), PORTION):
            part = values[start : start + PORTION]
            malformed += len(part) - await self._check_part(part, parse, checked)
            if len(checked.forged) > MAX_FORGED:
                self._note(server, malformed, checked)
                raise PeerUnreachable(f"{server} tells many events with wrong signatures.")
        self._note(server, malformed, checked)
        return checked

    async def _check_part(self, part: Sequence[JsonValue], parse: Parse, checked: Checked) -> int:
        """Sort some PDUs into what is checked already; how many were events of the room."""
        received = await self._apart(len(part), lambda: parse(part))
        keys = await self._keys.keys_for(_wishes(received))
        doubtful = await self._apart(len(received), lambda: _verify(received, keys, checked))
        if doubtful:
            await self._look_again(doubtful, checked)
        return len(received)

    async def _look_again(self, doubtful: Sequence[Received], checked: Checked) -> None:
        """Of several wishes for one key the strictest counted: another event may ask for less.

        Keys that cannot be had even for the oldest event are not asked for again.
        """
        obtainable = await self._keys.keys_for(_least_strict(_wishes(doubtful)))
        for one in doubtful:
            is_worth_it = len(checked.refused) < MAX_UNPROVED
            if is_worth_it and all(name in obtainable for name in one.proofs()):
                keys = await self._keys.keys_for(_wishes([one]))
                if not _verify([one], keys, checked):
                    continue
            checked.refused[one.event.event_id] = UNPROVED

    def _note(self, server: str, malformed: int, checked: Checked) -> None:
        if malformed:
            detail = "what is no event of the room"
            self.refusals.note(server, Reason.MALFORMED, detail, malformed)
        if checked.refused:
            event_id, problem = next(iter(checked.refused.items()))
            detail = f"the event {event_id}: {problem}"
            self.refusals.note(server, Reason.FORGED, detail, len(checked.refused))

    async def check_one(
        self, value: JsonValue, version: RoomVersion, room_id: str, signed_by: str = ""
    ) -> Event:
        """Raises InvalidEvent or BadSignature; `signed_by` is one more who must have signed."""
        one = take(value, version)
        _check_room(one, room_id)
        keys = await self._keys.keys_for(_wishes([one], signed_by))
        one.verify(keys, signed_by)
        return one.event

    async def _apart(self, count: int, work: Callable[[], T]) -> T:
        return work() if count <= FEW else await self._db.read(_run, work)


def _run(_: Transaction, work: Callable[[], T]) -> T:
    """On a reader's thread, so that the reactor is free meanwhile."""
    return work()


def _parse(
    values: Iterable[JsonValue], version: RoomVersion, room_id: str, *, is_past: bool
) -> list[Received]:
    """Nobody can be told the id of what is not even an event."""
    found = []
    for value in values:
        try:
            one = take(value, version, is_past=is_past)
            _check_room(one, room_id)
        except InvalidEvent:
            continue
        found.append(one)
    return found


def ids_of(values: Iterable[JsonValue], version: RoomVersion) -> list[str]:
    """Of events that are not even looked at, as far as they have one."""
    found = []
    for value in values:
        try:
            found.append(take(value, version).event.event_id)
        except InvalidEvent:
            continue
    return found


def _check_room(one: Received, room_id: str) -> None:
    if one.event.room_id != room_id:
        raise InvalidEvent("The event belongs to another room.")


def _likely_wishes(values: Sequence[JsonValue], version: RoomVersion) -> list[Wish]:
    """For large answers: all keys at once, so that servers that are away are waited for together.

    What is wished for exactly is only known of events that have been taken apart.
    """
    return [
        Wish(domain_of(value["sender"]), key_id, _time_of(value, version))
        for value in values
        if isinstance(value, dict) and isinstance(value.get("sender"), str)
        for key_id in _key_ids(value, domain_of(value["sender"]))
    ]


def _time_of(value: JsonObject, version: RoomVersion) -> int:
    time = value.get("origin_server_ts")
    return time if type(time) is int and version.enforce_key_validity else 0


def _key_ids(value: JsonObject, server: str) -> list[str]:
    signatures = value.get("signatures")
    ours = signatures.get(server) if isinstance(signatures, dict) else None
    return list(ours)[:MAX_SIGNATURES] if isinstance(ours, dict) else []


def _wishes(received: Iterable[Received], signed_by: str = "") -> list[Wish]:
    return [
        Wish(*name, at_ts=_signed_at(one.event))
        for one in received
        for name in one.proofs(signed_by)
    ]


def _least_strict(wishes: Iterable[Wish]) -> list[Wish]:
    earliest: dict[tuple[str, str], Wish] = {}
    for wish in wishes:
        other = earliest.setdefault(wish.name, wish)
        if wish.at_ts < other.at_ts:
            earliest[wish.name] = wish
    return list(earliest.values())


def _signed_at(event: Event) -> int:
    """When the key must have been valid; in old room versions, whenever."""
    return event.origin_server_ts if event.version.enforce_key_validity else 0


def _verify(received: Iterable[Received], keys: Keys, checked: Checked) -> list[Received]:
    """Sort them into what is checked already; what lacks a key is left."""
    doubtful = []
    for one in received:
        if not all(name in keys for name in one.proofs()):
            doubtful.append(one)
            continue
        try:
            one.verify(keys)
        except BadSignature as error:
            checked.refused[one.event.event_id] = str(error)
            checked.forged.add(one.event.event_id)
        else:
            checked.events[one.event.event_id] = one.event
    return doubtful
