"""Who asks."""

from attrs import frozen


@frozen
class Requester:
    """The user and device that an access token stands for, or a server.

    `session` is the session's id in storage, 0 where an application service speaks. `appservice`
    is the id of that application service, else empty.
    """

    user_id: str
    device_id: str
    session: int = 0
    appservice: str = ""
    is_guest: bool = False
    is_admin: bool = False
    is_suspended: bool = False
    is_shadow_banned: bool = False
    """What such a user says is answered, and reaches nobody."""
    is_unlimited: bool = False
    """Whether no rate limits hold."""
    origin: str = ""
    """The server that signed the request, where servers ask; there is no user then."""

    @property
    def device_name(self) -> str:
        """What stands for the device in storage: unique, as no user id holds a space."""
        return f"{self.user_id} {self.device_id or self.appservice}"
