"""What other servers may ask and tell, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.keys import SharedKeys
from homeserver.building.parts import Part
from homeserver.building.rooms import RoomsPart
from homeserver.building.user_data import UserDataPart
from homeserver.federation_api.edus import Told
from homeserver.federation_api.events import EventEndpoints
from homeserver.federation_api.inviting import InvitingEndpoints
from homeserver.federation_api.memberships import MembershipEndpoints
from homeserver.federation_api.public_rooms import PublicRoomEndpoints
from homeserver.federation_api.queries import QueryEndpoints
from homeserver.federation_api.spaces import SpaceEndpoints
from homeserver.federation_api.transactions import TransactionEndpoints
from homeserver.rooms.elsewhere.inviting import RemoteInvites
from homeserver.rooms.elsewhere.third_party import ThirdPartyInvites
from homeserver.rooms.incoming.edus import Edus
from homeserver.rooms.incoming.put_out import PutOut
from homeserver.rooms.incoming.queues import RoomQueues
from homeserver.rooms.incoming.transactions import Gates, Transactions
from homeserver.rooms.serving.doors import Doors
from homeserver.rooms.serving.events import RoomEvents
from homeserver.rooms.serving.invites import Invites
from homeserver.rooms.serving.memberships import Memberships
from homeserver.rooms.serving.spaces import Spaces


@frozen
class FederationPart(Part):
    endpoints: list[object]
    _transactions: Transactions | None

    async def start(self) -> None:
        if self._transactions is not None:
            await self._transactions.resume()


def build_federation(
    ground: Ground, rooms: RoomsPart, user_data: UserDataPart, keys: SharedKeys | None
) -> FederationPart:
    """Without endpoints where this server talks to no others."""
    settings, world, db = ground.settings, ground.world, ground.db
    if rooms.shared is None or keys is None:
        return FederationPart([], None)
    name, receiving = settings.server_name, rooms.shared.receiving
    told = Told(
        Doors(name, db), rooms.typing, rooms.receipts, user_data.presence, user_data.to_device
    )
    checks = receiving.checks
    edus = Edus({**told.handlers(), **keys.told.handlers()})
    gates = Gates(checks, RoomQueues(receiving.take), PutOut(name, db, checks))
    transactions = Transactions(name, db, world.clock, gates, edus)
    endpoints: list[object] = [
        TransactionEndpoints(transactions),
        EventEndpoints(RoomEvents(name, db, world.clock)),
        MembershipEndpoints(Memberships(db, rooms.author, receiving)),
        InvitingEndpoints(
            Invites(db, rooms.author, rooms.checks, checks),
            ThirdPartyInvites(
                rooms.author, receiving, RemoteInvites(rooms.author, receiving), rooms.checks
            ),
        ),
        PublicRoomEndpoints(rooms.directory),
        SpaceEndpoints(Spaces(name, db)),
        QueryEndpoints(name, rooms.aliases, user_data.profiles, user_data.openid),
        *keys.endpoints,
    ]
    return FederationPart(endpoints, transactions)
