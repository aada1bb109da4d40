"""Whether events are what they say: format, content hash, signatures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from attrs import field, frozen
from nacl.signing import VerifyKey

from homeserver.events.event import Event
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.events.received import Received, take
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonValue
from homeserver.peers.refusals import Reason, Refusals
from homeserver.peers.server_keys import ServerKeys, Wish
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

FEW = 60
"""More events than these are worked on away from the reactor's thread."""

UNPROVED = "The event is not signed by its server."
"""Or the key for its signature cannot be had."""

Keys = Mapping[tuple[str, str], VerifyKey]
T = TypeVar("T")


@frozen
class Checked:
    """Genuine events by id, as they came; and why others were refused, by id."""

    events: dict[str, Event]
    refused: dict[str, str] = field(factory=dict)


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
        """Those of the PDUs that are genuine events of the room; `server` has told them."""
        received = await self._apart(
            len(values), lambda: _parse(values, version, room_id, is_past=is_past)
        )
        keys = await self._keys.keys_for(_wishes(received))
        checked, doubtful = await self._apart(len(received), lambda: _verify(received, keys))
        for one in doubtful:
            # Another event of the batch may have asked for a key that is valid later than this.
            keys = await self._keys.keys_for(_wishes([one]))
            again, _ = _verify([one], keys)
            checked.events.update(again.events)
            if one.event.event_id not in checked.events:
                checked.refused[one.event.event_id] = UNPROVED
        self._note(server, len(values) - len(received), checked)
        return checked

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


def _wishes(received: Iterable[Received], signed_by: str = "") -> list[Wish]:
    return [
        Wish(*name, at_ts=_signed_at(one.event))
        for one in received
        for name in one.proofs(signed_by)
    ]


def _signed_at(event: Event) -> int:
    """When the key must have been valid; in old room versions, whenever."""
    return event.origin_server_ts if event.version.enforce_key_validity else 0


def _verify(received: Iterable[Received], keys: Keys) -> tuple[Checked, list[Received]]:
    """What is genuine; and what lacks a key."""
    checked, doubtful = Checked({}), []
    for one in received:
        if not all(name in keys for name in one.proofs()):
            doubtful.append(one)
            continue
        try:
            one.verify(keys)
        except BadSignature as error:
            checked.refused[one.event.event_id] = str(error)
        else:
            checked.events[one.event.event_id] = one.event
    return checked, doubtful
