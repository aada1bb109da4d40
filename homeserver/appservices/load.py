"""What a service has yet to get."""

from attrs import define, field, frozen

MAX_ROOMS = 1_000
MAX_USERS = 1_000


@frozen
class Item:
    """An event for a service: it became news at the place `line`, `since_ms` on the clock."""

    line: int
    position: int
    since_ms: int = 0


@define
class Beside:
    """What there is beside events, as far as it still matters.

    `receipts` moved behind a place, by room. `messages` wait for devices: user and device id.
    `changed` and `left` are users whose devices are to be looked at anew, or no longer.
    """

    typing: set[str] = field(factory=set)
    receipts: dict[str, int] = field(factory=dict)
    presence: set[str] = field(factory=set)
    messages: set[tuple[str, str]] = field(factory=set)
    changed: set[str] = field(factory=set)
    left: set[str] = field(factory=set)

    def __bool__(self) -> bool:
        lists = self.changed or self.left
        return bool(self.typing or self.receipts or self.presence or self.messages or lists)

    def add(self, other: "Beside") -> None:
        """Bounded: of who is away for long, the oldest is forgotten, but no message."""
        for room_id, after in other.receipts.items():
            self.receipts.setdefault(room_id, after)
        self.typing |= other.typing
        self.presence |= other.presence
        self.messages |= other.messages
        self.changed = (self.changed - other.left) | other.changed
        self.left = (self.left - other.changed) | other.left
        while len(self.receipts) > MAX_ROOMS:
            del self.receipts[next(iter(self.receipts))]
        for some, most in ((self.typing, MAX_ROOMS), (self.presence, MAX_USERS)):
            while len(some) > most:
                some.pop()

    def forget_what_passes(self) -> None:
        """Nobody wants to know who typed while he was away."""
        self.typing.clear()
        self.presence.clear()


@frozen
class Load:
    """What goes into one transaction, which covers the number line up to `upto`."""

    items: list[Item]
    beside: Beside
    upto: int
