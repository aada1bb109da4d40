"""Extensions that go by room: account data, receipts, typing.

Spec: MSC4508 (formerly MSC3961), MSC4551 (MSC3960), MSC3959.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from attrs import frozen

from homeserver.json_values import JsonObject
from homeserver.storage import account_data
from homeserver.storage.account_data import AccountData
from homeserver.storage.transaction import Transaction
from homeserver.sync.sliding.room_entries import Told
from homeserver.sync.sliding.sitting import Candidate, Sitting
from homeserver.sync.sliding.wishes import Extension
from homeserver.sync.view import EphemeralSource


class ReceiptSource(Protocol):
    def at_end(self, txn: Transaction, room_id: str, user_id: str, first: int | None) -> JsonObject:
        """For who sees a room's events from the place `first` on."""

    def moved(
        self, txn: Transaction, room_id: str, user_id: str, after: int, upto: int
    ) -> JsonObject:
        """What moved in a part of the number line."""


@frozen(eq=False)
class RoomExtensions:
    _typing: EphemeralSource
    _receipts: ReceiptSource

    def account_data(
        self, sitting: Sitting, wish: Extension, candidates: Sequence[Candidate]
    ) -> JsonObject:
        is_new, view = sitting.is_new("account_data"), sitting.view
        there = list(in_scope(wish, candidates))
        whole = [one.room_id for one in there if is_new or one.known == 0]
        found = account_data.in_rooms(view.txn, view.user_id, whole)
        for candidate in there:
            if candidate.known and not is_new:
                found[candidate.room_id] = changed_data(sitting, candidate)
        rooms = {
            room_id: [data.event() for data in of_room]
            for room_id, of_room in found.items()
            if of_room
        }
        if is_new:
            changed: Sequence[AccountData] = account_data.all_global(view.txn, view.user_id)
        else:
            changed = view.account_data.get(None, [])
        told: JsonObject = {"global": [data.event() for data in changed], "rooms": rooms}
        return {name: section for name, section in told.items() if section}

    def receipts(
        self, sitting: Sitting, wish: Extension, candidates: Sequence[Candidate], told: Told
    ) -> JsonObject:
        view, rooms = sitting.view, JsonObject()
        for candidate in in_scope(wish, candidates):
            if candidate.membership.membership != "join":
                continue
            room_id = candidate.room_id
            if candidate.known == 0 or sitting.is_new("receipts"):
                shown = told.timelines.get(room_id)
                first = shown[0].stored.place if shown else None
                content = self._receipts.at_end(view.txn, room_id, view.user_id, first)
            else:
                content = self._receipts.moved(
                    view.txn, room_id, view.user_id, candidate.known, view.upto
                )
            if content:
                rooms[room_id] = event_or_content(sitting, wish, "m.receipt", content)
        return {"rooms": rooms} if rooms else {}

    def typing(
        self, sitting: Sitting, wish: Extension, candidates: Sequence[Candidate]
    ) -> JsonObject:
        view, rooms = sitting.view, JsonObject()
        for candidate in in_scope(wish, candidates):
            if candidate.membership.membership != "join":
                continue
            after = 0 if sitting.is_new("typing") else candidate.known
            for event in self._typing.events(
                view.txn, candidate.room_id, view.user_id, after, view.upto
            ):
                content = event["content"]
                rooms[candidate.room_id] = event_or_content(sitting, wish, "m.typing", content)
        return {"rooms": rooms} if rooms else {}


def in_scope(wish: Extension, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    for candidate in candidates:
        scope = candidate.scope
        if scope is not None and wish.scope.includes(
            scope.lists, scope.is_subscribed, candidate.room_id
        ):
            yield candidate


def changed_data(sitting: Sitting, candidate: Candidate) -> list[AccountData]:
    txn, user_id, room_id = sitting.txn, sitting.view.user_id, candidate.room_id
    if candidate.known < sitting.since:
        return account_data.in_room_since(txn, user_id, room_id, candidate.known)
    return sitting.view.account_data.get(room_id, [])


def event_or_content(
    sitting: Sitting, wish: Extension, type: str, content: JsonObject
) -> JsonObject:
    """A whole event in the older form; the content alone under the newer names."""
    is_bare = sitting.wish.form.merged and wish.key.startswith("org.matrix.")
    return content if is_bare else {"type": type, "content": content}
