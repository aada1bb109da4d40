"""What a network may answer instead of doing what it was asked."""


class NetworkFailure(Exception):
    """The text is shown to the person who asked."""


class Transient(NetworkFailure):
    """It may work later: it is tried again, in order, until it does."""

    def __init__(self, text: str, after_s: float | None = None) -> None:
        super().__init__(text)
        self.after_s = after_s


class Rejected(NetworkFailure):
    """It will not work, however often it is tried."""


class BadCredentials(NetworkFailure):
    """The login is over: its person has to log in again."""
