"""The history of a room, page by page. Spec: Client-Server API, "Getting events for a room"."""

from collections.abc import Sequence
from typing import Protocol

import orjson
from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden, NotFound
from homeserver.events.applying_redactions import redacted
from homeserver.events.client_format import client_format
from homeserver.events.filters import RoomEventFilter
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, encode
from homeserver.rooms.history import Seen
from homeserver.rooms.paging import BEGINNING, Walk, walk
from homeserver.rooms.reading import (
    NO_EVENT,
    Reading,
    find_room,
    find_visible,
    open_room,
    position_in,
    state_at,
)
from homeserver.rooms.relations import bundles
from homeserver.rooms.shown import Look, show
from homeserver.rooms.soft_failed import Failed, wish_of, with_soft_failed
from homeserver.rooms.state_view import StateView
from homeserver.rooms.tokens import write_token
from homeserver.storage import events
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

MEMBER = "m.room.member"


@frozen
class Wish:
    """`start` and `stop` are places; without a start, a page begins at the end or the beginning."""

    requester: Requester
    room_id: str
    backwards: bool
    limit: int
    filter: RoomEventFilter
    start: int | None = None
    stop: int | None = None


class PastHistory(Protocol):
    async def fill_page(self, user_id: str, room_id: str, start: int | None, limit: int) -> None:
        """Fetch what is missing on a page that a member reads, as far as it can be had."""


@frozen(eq=False)
class Messages:
    _db: Database
    _clock: Clock
    _history: PastHistory | None = None
    _keep_redacted_ms: int = 0
    """How long it is kept what redacted events said."""

    async def page(self, wish: Wish) -> JsonObject:
        """`end` is there if more follows, `state` if members are loaded lazily."""
        if wish.backwards and self._history is not None:
            user_id = wish.requester.user_id
            await self._history.fill_page(user_id, wish.room_id, wish.start, wish.limit)
        return await self._db.read(page, wish, self._clock.now_ms())

    async def around(
        self,
        requester: Requester,
        room_id: str,
        event_id: str,
        limit: int,
        filter: RoomEventFilter,
    ) -> JsonObject:
        """An event with up to `limit` others before and after it."""
        now_ms = self._clock.now_ms()
        return await self._db.read(around, requester, room_id, event_id, limit, filter, now_ms)

    async def event(self, requester: Requester, room_id: str | None, event_id: str) -> bytes:
        """One event as JSON, of any room if none is named."""
        return await self._db.glance(one, requester, room_id, event_id, self._clock.now_ms())

    async def event_unredacted(self, requester: Requester, room_id: str, event_id: str) -> bytes:
        """For who may redact here: also what was in it before (MSC2815)."""
        try:
            return await self._db.read(
                unredacted, requester, room_id, event_id, self._clock.now_ms()
            )
        except ContentDeleted as error:
            error.extra["fi.mau.msc2815.content_keep_ms"] = self._keep_redacted_ms
            raise


def page(txn: Transaction, wish: Wish, now_ms: int) -> JsonObject:
    look = Look(wish.requester.user_id, wish.requester.device_name, now_ms)
    return page_of(open_room(txn, look, wish.room_id), wish)


def page_of(reading: Reading, wish: Wish) -> JsonObject:
    start = wish.start
    if start is None:
        start = reading.upto if wish.backwards else BEGINNING
    way = Walk(start, wish.backwards, wish.limit, wish.filter, wish.stop)
    found = walk(reading, way)
    failed = wish_of(reading.txn, wish.requester)
    if failed is not Failed.NONE:
        found = with_soft_failed(reading, way, failed, found)
    answer: JsonObject = {"start": write_token(start), "chunk": reading.show(found.events)}
    if found.more:
        answer["end"] = write_token(found.reached)
    if wish.filter.lazy_load_members:
        answer["state"] = reading.show_state(members_for(reading, found.events))
    return answer


def members_for(reading: Reading, found: Sequence[Seen]) -> list[Stored]:
    """The member events of those who speak, as they were when they spoke."""
    shown = {seen.stored.position for seen in found}
    speakers: dict[str, Stored] = {}
    for seen in found:
        speakers.setdefault(seen.stored.event.sender, seen.stored)
    positions = [
        position
        for sender, stored in speakers.items()
        if stored.state
        and (position := position_in(reading.txn, stored.state, MEMBER, sender)) is not None
        and position not in shown
    ]
    return list(events.at_all(reading.txn, positions).values())


def around(
    txn: Transaction,
    requester: Requester,
    room_id: str,
    event_id: str,
    limit: int,
    wanted: RoomEventFilter,
    now_ms: int,
) -> JsonObject:
    look = Look(requester.user_id, requester.device_name, now_ms)
    reading = open_room(txn, look, room_id)
    middle = find_visible(txn, reading.head, requester.user_id, event_id)
    place = middle.stored.place or 0
    before = walk(reading, Walk(place - 1, True, limit // 2, wanted))
    after = walk(reading, Walk(place, False, limit - limit // 2, wanted))
    shown = [*before.events, middle, *after.events]
    related = bundles(txn, reading.head, look, [seen.stored for seen in shown])
    return {
        "start": write_token(before.reached),
        "end": write_token(after.reached),
        "event": reading.show_one(middle, related),
        "events_before": [reading.show_one(seen, related) for seen in before.events],
        "events_after": [reading.show_one(seen, related) for seen in after.events],
        "state": reading.show_state(state_for(reading, shown, after.reached, wanted)),
    }


def state_for(
    reading: Reading, shown: Sequence[Seen], place: int, wanted: RoomEventFilter
) -> list[Stored]:
    """The state at the last event; with lazy loading, only the members who speak."""
    speakers = {seen.stored.event.sender for seen in shown}
    positions = [
        position
        for (type, state_key), position in state_at(reading.txn, reading.head, place).items()
        if type != MEMBER or not wanted.lazy_load_members or state_key in speakers
    ]
    found = events.at_all(reading.txn, positions).values()
    if wanted.is_everything:
        return list(found)
    return [s for s in found if wanted.matches(s.event.type, s.event.sender, s.event.content)]


def one(
    txn: Transaction, requester: Requester, room_id: str | None, event_id: str, now_ms: int
) -> bytes:
    look = Look(requester.user_id, requester.device_name, now_ms)
    stored = events.find(txn, event_id)
    reading = find_room(txn, look, room_id or stored.event.room_id) if stored else None
    if reading is None:
        raise NotFound(NO_EVENT)
    (shown,) = reading.show([find_visible(txn, reading.head, look.user_id, event_id)])
    return encode(shown)


class ContentDeleted(NotFound):
    errcode = "FI.MAU.MSC2815_UNREDACTED_CONTENT_DELETED"


def unredacted(
    txn: Transaction, requester: Requester, room_id: str, event_id: str, now_ms: int
) -> bytes:
    look = Look(requester.user_id, requester.device_name, now_ms)
    stored, reading = events.find(txn, event_id), find_room(txn, look, room_id)
    if stored is None or reading is None:
        raise NotFound(NO_EVENT)
    levels = StateView(txn, reading.head).power_levels()
    if not requester.is_admin and levels.user(look.user_id) < levels.redact:
        raise Forbidden("Only who may redact the events of others sees what they said.")
    seen = find_visible(txn, reading.head, look.user_id, event_id)
    if stored.redaction is None:
        (shown,) = reading.show([seen])
        return encode(shown)
    if redacted(stored.event).pdu == stored.event.pdu:
        raise ContentDeleted("What this event said is no longer kept.")
    shown = orjson.loads(show(txn, stored, look, seen.membership))
    body: JsonObject = {**shown, **client_format(stored.event), "unsigned": shown["unsigned"]}
    return encode(body)
