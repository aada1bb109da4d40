"""Shapes what was found. Spec: Client-Server API, POST /search."""

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from homeserver.events.filters import RoomEventFilter
from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, membership_at
from homeserver.rooms.paging import Page, Walk, walk
from homeserver.rooms.reading import Reading, position_in
from homeserver.rooms.shown import as_seen
from homeserver.rooms.tokens import write_token
from homeserver.search.wishes import ROOM, Context, Spot, Wish, write_spot
from homeserver.search.words import Sought
from homeserver.storage import events, names
from homeserver.storage.events import Stored
from homeserver.storage.search import Match
from homeserver.storage.transaction import Transaction

EVERYTHING = RoomEventFilter()
PROFILE = ("displayname", "avatar_url")


@frozen(eq=False)
class Found:
    """All matches that the user may see, the page of them that begins at `start`, and their rooms
    by number.
    """

    sought: Sequence[Sought]
    all: Sequence[Match]
    page: Sequence[Match]
    readings: Mapping[int, Reading | None]
    start: Spot


def answer(txn: Transaction, found: Found, wish: Wish) -> JsonObject:
    stored = events.at_all(txn, [match.position for match in found.page])
    body: JsonObject = {
        "count": len(found.all),
        "highlights": [it.shown for it in found.sought],
        "results": [
            result(found, match, stored[match.position], wish.context) for match in found.page
        ],
    }
    reached = found.start.skip + len(found.page)
    if reached < len(found.all):
        body["next_batch"] = write_spot(evolve(found.start, skip=reached))
    if wish.groupings:
        body["groups"] = {name: groups(txn, found, name) for name in wish.groupings}
    if wish.with_state:
        body["state"] = states(found)
    return body


def result(found: Found, match: Match, stored: Stored, context: Context | None) -> JsonObject:
    reading = found.readings[match.room]
    assert reading is not None, "matches are of open rooms"
    seen = Seen(stored, membership_at(reading.spells, stored.order))
    (shown,) = reading.show([seen])
    body: JsonObject = {"rank": match.rank, "result": shown}
    if context is not None:
        body["context"] = around(reading, seen, context)
    return body


def around(reading: Reading, middle: Seen, context: Context) -> JsonObject:
    place = middle.stored.place or 0
    before = walk(reading, Walk(place - 1, True, context.before, EVERYTHING))
    after = walk(reading, Walk(place, False, context.after, EVERYTHING))
    body: JsonObject = {
        "start": write_token(before.reached),
        "end": write_token(after.reached),
        "events_before": reading.show(before.events),
        "events_after": reading.show(after.events),
    }
    if context.profiles:
        body["profile_info"] = profiles(reading, middle, (before, after))
    return body


def profiles(reading: Reading, middle: Seen, pages: Sequence[Page]) -> JsonObject:
    """What those who speak were called when they spoke."""
    found: dict[str, Stored] = {middle.stored.event.sender: middle.stored}
    for page in pages:
        for seen in page.events:
            found.setdefault(seen.stored.event.sender, seen.stored)
    return {sender: profile(reading, stored) for sender, stored in found.items()}


def profile(reading: Reading, stored: Stored) -> JsonObject:
    if not stored.state:
        return {}
    position = position_in(reading.txn, stored.state, "m.room.member", stored.event.sender)
    if position is None:
        return {}
    content = as_seen(events.at(reading.txn, position)).content
    return {key: content[key] for key in PROFILE if isinstance(content.get(key), str)}


def groups(txn: Transaction, found: Found, grouping: str) -> JsonObject:
    """The results of this page by room or sender, in the order of their first ones."""
    mine: dict[int, list[Match]] = {}
    for match in found.page:
        mine.setdefault(match.room if grouping == ROOM else match.sender, []).append(match)
    return {
        names.name_of(txn, number): group(txn, found, (grouping, number), matches, order)
        for order, (number, matches) in enumerate(mine.items(), 1)
    }


def group(
    txn: Transaction,
    found: Found,
    key: tuple[str, int],
    matches: Sequence[Match],
    order: int,
) -> JsonObject:
    grouping, number = key
    of_group = [m for m in found.all if (m.room if grouping == ROOM else m.sender) == number]
    body: JsonObject = {
        "order": order,
        "results": [events.at(txn, match.position).event.event_id for match in matches],
    }
    reached = of_group.index(matches[-1]) + 1
    if reached < len(of_group):
        spot = evolve(found.start, skip=reached, group=(grouping, names.name_of(txn, number)))
        body["next_batch"] = write_spot(spot)
    return body


def states(found: Found) -> JsonObject:
    """The current state of each room on the page."""
    rooms = dict.fromkeys(match.room for match in found.page)
    readings = [reading for room in rooms if (reading := found.readings[room]) is not None]
    return {
        reading.head.room_id: reading.show_state(
            list(events.at_all(reading.txn, reading.state().values()).values())
        )
        for reading in readings
    }
