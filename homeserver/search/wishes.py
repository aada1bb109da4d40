"""What a search asks for, and where a page of its results begins."""

from attrs import field, frozen

from homeserver.errors import InvalidParam
from homeserver.events.filters import RoomEventFilter
from homeserver.search.texts import KEYS

ROOM, SENDER = "room_id", "sender"
GROUPINGS = (ROOM, SENDER)


@frozen
class Context:
    """How many events to show around each result, and whether with their senders' profiles."""

    before: int
    after: int
    profiles: bool


@frozen
class Spot:
    """A page begins behind so many results, of a group or of all: those that were there `upto`.

    `group` is a grouping with one of its values.
    """

    skip: int = 0
    upto: int | None = None
    group: tuple[str, str] | None = None


@frozen(kw_only=True)
class Wish:
    term: str
    keys: tuple[str, ...] = tuple(KEYS.values())
    filter: RoomEventFilter = field(factory=RoomEventFilter)
    limit: int = 10
    by_rank: bool = True
    context: Context | None = None
    with_state: bool = False
    groupings: tuple[str, ...] = ()
    start: Spot = Spot()


def write_spot(spot: Spot) -> str:
    return "_".join([f"s{spot.upto}", str(spot.skip), *(spot.group or ())])


def read_spot(token: str) -> Spot:
    """Grouping names have an underscore, and values may: they come last."""
    upto, _, rest = token.removeprefix("s").partition("_")
    skip, _, group = rest.partition("_")
    valid = token[:1] == "s" and all(_is_number(text) for text in (upto, skip))
    for grouping in GROUPINGS:
        if group.startswith(grouping + "_") and valid:
            return Spot(int(skip), int(upto), (grouping, group[len(grouping) + 1 :]))
    if group or not valid:
        raise InvalidParam("`next_batch` must be a token from an earlier answer.")
    return Spot(int(skip), int(upto))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
