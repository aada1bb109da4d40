"""Why a request to another machine came to nothing."""


class OutgoingError(Exception):
    """No answer that can be used; the text says why, for logs and people."""


class RefusedAddress(OutgoingError):
    """All addresses of the host are ones that this server does not call."""


class Unreachable(OutgoingError):
    """There is no such name, or nobody answers there, or the connection broke."""


class TimedOut(OutgoingError):
    """The whole of it took too long."""


class BadTls(OutgoingError):
    """Nobody there can prove to be who they should be."""


class AnswerTooLarge(OutgoingError):
    """The answer was cut off where it became too large."""


class BadAnswer(OutgoingError):
    """Not HTTP, not JSON, or a redirect that is not followed."""
