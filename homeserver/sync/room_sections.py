"""The rooms of an answer: joined, invited, knocked at and left ones."""

from collections.abc import Iterable, Sequence

from homeserver.json_values import JsonObject
from homeserver.storage import heads
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.sync.joined_rooms import JoinedRooms
from homeserver.sync.left_rooms import left_room
from homeserver.sync.pending_rooms import pending_room
from homeserver.sync.reading_ahead import in_portions, loaded, read_rooms
from homeserver.sync.rooms_elsewhere import is_elsewhere, room_elsewhere
from homeserver.sync.view import MEMBER, View

SECTIONS = {"join": "join", "invite": "invite", "knock": "knock", "leave": "leave", "ban": "leave"}


class Overtaken(Exception):
    """A membership is newer than the place where the answer ends, which therefore is set anew.

    It changed while the answer was being made; or some messages to the device were left for the
    next answer, so that this one had to end before them.
    """


def room_sections(view: View, joined_rooms: JoinedRooms) -> JsonObject:
    sections: JsonObject = {}
    concerned = (one for one in _candidates(view) if _concerns(view, *one))
    for portion in in_portions(concerned) if view.begins else (list(concerned),):
        ahead = _read_ahead(view, joined_rooms, portion) if view.begins else None
        for room_id, membership in portion:
            if membership.moved > view.upto:
                raise Overtaken
            entry = _entry(view, joined_rooms, room_id, membership)
            if entry is not None:
                sections.setdefault(SECTIONS[membership.membership], {})[room_id] = entry
        del ahead
    return sections


def _read_ahead(
    view: View, joined_rooms: JoinedRooms, rooms: Sequence[tuple[str, Membership]]
) -> object:
    """What these rooms are told with; for as long as it is kept."""
    ahead = read_rooms(view.txn, rooms, lambda head: _shown_state(view, head))
    return ahead, joined_rooms.read_ahead(view, loaded(view.txn, rooms))


def _shown_state(view: View, head: Head) -> Iterable[int]:
    """Members, if they are loaded lazily, come with what they say."""
    if head.members.get(view.user_id) != "join":
        return ()
    lazy = view.is_lazy
    return [place for key, place in head.state.items() if not lazy or key[0] != MEMBER]


def _candidates(view: View) -> Iterable[tuple[str, Membership]]:
    if view.moved is None or view.moves.user_moved(view.user_id, view.since):
        return view.rooms.items()
    return [(room_id, view.rooms[room_id]) for room_id in view.moved if room_id in view.rooms]


def _concerns(view: View, room_id: str, membership: Membership) -> bool:
    """Whether the room may have news for the client."""
    if not view.wish.filter.room.allows(room_id):
        return False
    is_new = membership.moved > view.since
    match membership.membership:
        case "join":
            is_told = view.moved is None or room_id in view.moved
            return is_new or is_told or room_id in view.account_data
        case "invite" | "knock":
            return is_new
        case _:
            wants_left = view.begins and view.wish.filter.room.include_leave
            if view.wish.is_first or not is_new:
                return wants_left and not membership.forgotten
            # Forgotten or not: the user's other devices may not know yet.
            return True


def _entry(
    view: View, joined_rooms: JoinedRooms, room_id: str, membership: Membership
) -> JsonObject | None:
    if membership.membership != "join" and is_elsewhere(view, membership):
        return room_elsewhere(view, room_id, membership)
    head = heads.load(view.txn, room_id)
    if head is None:
        return None
    match membership.membership:
        case "join":
            return joined_rooms.entry(view, head, membership)
        case "invite" | "knock":
            return pending_room(view, head, membership)
        case _:
            return left_room(view, head, membership)
