"""People on Matrix, as they present themselves to networks."""

from bridges.kit.chats import Person, Picture
from bridges.kit.failures import Transient
from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.portals.files import from_matrix
from bridges.portals.ground import Ground


async def person(ground: Ground, user_id: str) -> Person:
    """Raises Transient while the homeserver does not say."""
    try:
        profile = await ground.accounts.profile(user_id)
    except MatrixError as error:
        raise Transient("The homeserver does not say who that is.") from error
    return presented(ground, user_id, profile or {})


async def person_in(ground: Ground, room_id: str, user_id: str) -> Person:
    """As they go by in a room."""
    try:
        profile = await ground.rooms.profile_of(room_id, user_id)
    except MatrixError:
        profile = {}
    return presented(ground, user_id, profile)


def presented(ground: Ground, user_id: str, said: JsonObject) -> Person:
    name, uri = said.get("displayname"), said.get("avatar_url")
    picture = None
    if isinstance(uri, str) and uri.startswith("mxc://"):
        picture = Picture(uri, from_matrix(ground.accounts, uri, None))
    return Person(user_id, name if isinstance(name, str) and name else user_id, picture)
