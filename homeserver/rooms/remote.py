"""What rooms need of other servers. The federation side brings the object that does it."""

from typing import Protocol

from attrs import frozen

from homeserver.errors import MatrixError, NotFound
from homeserver.json_values import JsonObject


@frozen
class RoomAddress:
    """A room, and servers that know it."""

    room_id: str
    via: tuple[str, ...] = ()


class RemoteRooms(Protocol):
    """Rooms that this server is not in, and users of other servers."""

    async def resolve(self, alias: str) -> RoomAddress:
        """Ask the alias's server; raises NotFound."""

    async def join(self, user_id: str, address: RoomAddress, content: JsonObject) -> None:
        """Bring the room here, with the user in it; `content` is the member event's."""

    async def knock(self, user_id: str, address: RoomAddress, content: JsonObject) -> None: ...

    async def leave(self, user_id: str, room_id: str, content: JsonObject) -> None:
        """Decline an invite to a room, or take back a knock on one, that this server is not in."""

    async def invite(self, user_id: str, room_id: str, target: str, content: JsonObject) -> None:
        """Invite a user of another server to a room of ours."""

    def check_invitable(self, user_id: str) -> None:
        """Raise, at once, if the user's server can certainly not be asked."""

    async def public_rooms(self, server: str, query: JsonObject) -> JsonObject: ...

    async def profile(self, user_id: str, field: str | None = None) -> JsonObject:
        """What a user of another server says about themselves; raises NotFound."""


class NoRemoteRooms:
    """For a server that talks to no others."""

    async def resolve(self, alias: str) -> RoomAddress:
        raise NotFound("There is no such alias here, and this server asks no other servers.")

    async def join(self, user_id: str, address: RoomAddress, content: JsonObject) -> None:
        raise unknown_room()

    async def knock(self, user_id: str, address: RoomAddress, content: JsonObject) -> None:
        raise NotFound("This room is not known here, and this server asks no other servers.")

    async def leave(self, user_id: str, room_id: str, content: JsonObject) -> None:
        raise unknown_room()

    async def invite(self, user_id: str, room_id: str, target: str, content: JsonObject) -> None:
        self.check_invitable(target)

    def check_invitable(self, user_id: str) -> None:
        raise MatrixError(
            f"{user_id} belongs to another server, and this one talks to no others.", status=404
        )

    async def public_rooms(self, server: str, query: JsonObject) -> JsonObject:
        raise NotFound(f"The directory of {server} is out of reach: this server asks no others.")

    async def profile(self, user_id: str, field: str | None = None) -> JsonObject:
        raise NotFound(f"{user_id} belongs to another server, and this one asks no others.")


def unknown_room() -> MatrixError:
    return MatrixError(
        "This room is not known here, and this server asks no other servers.", status=404
    )
