"""What happens in rooms, put together."""

from attrs import frozen

from homeserver.building.world import World
from homeserver.client_api.sending import SendingEndpoints
from homeserver.config.settings import Settings
from homeserver.json_values import JsonObject
from homeserver.notifier import Notifier
from homeserver.rooms.author import Author
from homeserver.rooms.receipts import Receipts
from homeserver.rooms.sending import Sending
from homeserver.rooms.typing import Typing
from homeserver.signing_key import load_or_make
from homeserver.storage.database import Database


@frozen(kw_only=True)
class RoomsPart:
    """`endpoints` belong to the resource `client`; syncs show `typing` and `receipts`."""

    typing: Typing
    receipts: Receipts
    endpoints: tuple[object, ...]

    async def leave_all(self, user_id: str) -> None:
        raise NotImplementedError

    async def propagate(self, user_id: str, changed: JsonObject) -> None:
        raise NotImplementedError


def build_rooms(
    settings: Settings, world: World, db: Database, notifier: Notifier
) -> RoomsPart:
    signing_key = load_or_make(settings.signing_key_path, world.random)
    author = Author(settings.server_name, signing_key, world.clock, world.random)
    sending = Sending(db, author)
    return RoomsPart(
        typing=Typing(db, world.clock, notifier),
        receipts=Receipts(db, world.clock),
        endpoints=(SendingEndpoints(sending),),
    )
