"""Rooms and spaces as walks through spaces meet them, here or elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from attrs import frozen

from homeserver.events.client_format import stripped_state
from homeserver.events.ids import is_room_id, is_server_name
from homeserver.json_values import JsonObject
from homeserver.rooms.first_sight import summary_of
from homeserver.rooms.remote import RoomAddress
from homeserver.rooms.shown import as_seen
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

CHILD = "m.space.child"
SPACE = "m.space"
MAX_ORDER = 50
MAX_VIA = 10


@frozen(eq=False)
class SpaceRoom:
    """`links` are the m.space.child events of a space that hold, as stripped state, in their
    order.
    """

    room_id: str
    summary: JsonObject
    links: Sequence[JsonObject] = ()

    def shown(self) -> JsonObject:
        return {**self.summary, "children_state": self.links}


class RoomsElsewhere(Protocol):
    """Rooms of other servers that nobody here is in."""

    async def find(
        self, addresses: Sequence[RoomAddress], suggested_only: bool
    ) -> dict[str, SpaceRoom]:
        """What those servers tell of these rooms, and of the rooms in them."""


def room_here(txn: Transaction, head: Head, suggested_only: bool) -> SpaceRoom:
    summary = dict(summary_of(txn, head))
    if summary.get("room_type") != SPACE:
        return SpaceRoom(head.room_id, summary)
    positions = [position for (type, _), position in head.state.items() if type == CHILD]
    links = (
        {**stripped_state(as_seen(stored)), "origin_server_ts": stored.event.origin_server_ts}
        for stored in events.at_all(txn, positions).values()
    )
    return SpaceRoom(head.room_id, summary, ordered(links, suggested_only))


def ordered(links: Iterable[JsonObject], suggested_only: bool) -> list[JsonObject]:
    return sorted((link for link in links if holds(link, suggested_only)), key=rank)


def holds(link: JsonObject, suggested_only: bool) -> bool:
    via = link["content"].get("via")
    if not (isinstance(via, list) and via and is_room_id(link["state_key"])):
        return False
    return not suggested_only or link["content"].get("suggested") is True


def rank(link: JsonObject) -> tuple[bool, str, int, str]:
    """Spec: "Ordering of children within a space"."""
    order = link["content"].get("order")
    if not (isinstance(order, str) and is_valid_order(order)):
        order = None
    return order is None, order or "", link["origin_server_ts"], link["state_key"]


def is_valid_order(order: str) -> bool:
    return len(order) <= MAX_ORDER and all(" " <= character <= "~" for character in order)


def address_in(link: JsonObject) -> RoomAddress:
    """Where a link leads."""
    named = link["content"]["via"][:MAX_VIA]
    via = [server for server in named if isinstance(server, str) and is_server_name(server)]
    return RoomAddress(link["state_key"], tuple(via))
