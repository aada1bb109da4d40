"""A room that the user is or was in, and what of it an answer tells."""

from attrs import frozen

from homeserver.rooms.history import start_of_stay
from homeserver.storage.heads import Head
from homeserver.sync.sliding.sitting import Candidate, Sitting
from homeserver.sync.sliding.wishes import RoomConfig
from homeserver.sync.view import View


@frozen(eq=False)
class Part:
    """The part behind `place` up to `end`; `place` is 0 for a room that is new to the client."""

    candidate: Candidate
    head: Head
    view: View
    config: RoomConfig
    place: int
    end: int

    @property
    def is_new(self) -> bool:
        return self.place == 0


def part_of(sitting: Sitting, candidate: Candidate, head: Head) -> Part:
    scope, sent = candidate.scope, candidate.sent
    if scope is not None:
        config = scope.config
    else:
        config = RoomConfig(sent.limit, sent.state) if sent else RoomConfig()
    view = sitting.with_limit(config.timeline_limit)
    membership, place = candidate.membership, candidate.known
    if sent is not None and not sent.as_member:
        place = 0
    end = view.upto
    if membership.membership != "join":
        end = min(membership.moved, end)
    elif place and membership.moved > place and has_come_back(view, head, place):
        place = 0
    return Part(candidate, head, view, config, place, end)


def has_come_back(view: View, head: Head, place: int) -> bool:
    """Whether the user was out of the room since; a new profile is a member event, too."""
    start = start_of_stay(view.spells(head))
    return start is None or start > place
