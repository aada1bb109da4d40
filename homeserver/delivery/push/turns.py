"""What comes of telling a pusher something."""

from enum import Enum

from attrs import frozen


class Fate(Enum):
    TAKEN = "taken"
    GONE = "gone"
    """Nobody is there any more: the pusher is removed."""
    REFUSED = "refused"
    """This one will never be taken; the next may be."""
    LATER = "later"
    """Nor will it take anything else now."""
    PUSHER_LATER = "pusher later"
    """The gateway is well, but it does not take what is for this pusher."""


@frozen
class Outcome:
    """`wish_ms` is how long the other side asked us to wait; `reason` is for logs.

    `is_answer` tells that it answered, if only with an error of its own.
    """

    fate: Fate
    wish_ms: int = 0
    reason: str = ""
    is_answer: bool = False


@frozen
class Turn:
    """`outcome` is None if nothing was sent. Whether more waits; or when to look again."""

    outcome: Outcome | None = None
    has_more: bool = False
    again_in_ms: int = 0
