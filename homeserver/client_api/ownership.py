"""What is only for the user whom it is about."""

from homeserver.errors import Forbidden
from homeserver.http.request import Request


def must_be_own(request: Request, user_id: str) -> None:
    """Refuse a request in which a user asks for what is another's."""
    if request.user_id != user_id:
        raise Forbidden("You can do this only for yourself.")
