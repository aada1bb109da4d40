"""User ids for new accounts. Spec: Appendices, "User Identifiers"."""

from attrs import frozen

from homeserver import randomness
from homeserver.errors import MatrixError
from homeserver.events.ids import is_new_user_id
from homeserver.randomness import Random
from homeserver.users.appservices import AppService, AppServices


class InvalidUsername(MatrixError):
    errcode = "M_INVALID_USERNAME"


class Exclusive(MatrixError):
    """The name belongs to an application service, or does not belong to the one that asks."""

    errcode = "M_EXCLUSIVE"


@frozen
class Usernames:
    server_name: str
    _appservices: AppServices
    _random: Random

    def user_id(self, username: str, appservice: AppService | None = None) -> str:
        """The user id that a chosen name stands for; capital letters become small ones."""
        user_id = f"@{username.lower()}:{self.server_name}"
        if not username.isascii() or not is_new_user_id(user_id):
            raise InvalidUsername(
                "A user name has letters from a to z, digits, and the signs . _ = - / + only, "
                "and the whole user id 255 characters at most."
            )
        if appservice is not None and not appservice.speaks_for(user_id):
            raise Exclusive("This name is not in the namespace of the application service.")
        if self._appservices.user_is_reserved(user_id, besides=appservice):
            raise Exclusive("This name is reserved for an application service.")
        return user_id

    def any_user_id(self, prefix: str = "") -> str:
        """A name for those who chose none."""
        return f"@{prefix}{randomness.token(self._random, 12).lower()}:{self.server_name}"

    def meant_by(self, user: str) -> str:
        """The full user id of what somebody typed when logging in: a user id or a localpart."""
        return user if user.startswith("@") else f"@{user}:{self.server_name}"
