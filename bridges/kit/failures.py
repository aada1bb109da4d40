"""What a network may answer instead of doing what it was asked."""


class NetworkFailure(Exception):
    """The text is shown to the person who asked."""


class Transient(NetworkFailure):
    """It may work later: it is tried again, in order, until it does."""

    def __init__(self, text: str, after_s: float | None = None) -> None:
        super().__init__(text)
        self.after_s = after_s


class RateLimited(Transient):
    """The network asks for patience: all of a portal waits so long."""

    def __init__(self, after_s: float, text: str = "The network asks us to slow down.") -> None:
        super().__init__(text, after_s)


class Rejected(NetworkFailure):
    """It will not work, however often it is tried."""


class Unsupported(Rejected):
    """The network has no such thing in this chat."""


class TooLong(Rejected):
    """A text that even its capabilities did not forbid."""


class WindowClosed(Rejected):
    """The network lets us speak only for a while after they have spoken; the text says so."""


class BadCredentials(NetworkFailure):
    """The login is over: its person has to log in again."""


class Fatal(NetworkFailure):
    """The session cannot run, and would not be able to if it were started again."""
