"""What can be wrong with an event."""


class InvalidEvent(ValueError):
    """An event that breaks its room version's format: it is dropped, whatever the room's state."""


class EventTooLarge(InvalidEvent):
    pass


class BadSignature(ValueError):
    """JSON that is not signed by whom it should be."""


class AuthError(Exception):
    """An event that the authorization rules reject; the message is fit to be shown to a user."""
