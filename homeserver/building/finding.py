"""What helps people to find rooms and words, and to report what they find, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.rooms import RoomsPart
from homeserver.client_api.mutual_rooms import MutualRoomEndpoints
from homeserver.client_api.reports import ReportEndpoints
from homeserver.client_api.room_summary import RoomSummaryEndpoints
from homeserver.client_api.search import SearchEndpoints
from homeserver.client_api.spaces import SpaceEndpoints
from homeserver.rooms.elsewhere.spaces import SpacesElsewhere
from homeserver.rooms.hierarchy import Hierarchy
from homeserver.rooms.mutual import MutualRooms
from homeserver.rooms.reports import Reports
from homeserver.rooms.summaries import Summaries
from homeserver.rooms.timeline import Appended
from homeserver.search.indexing import Indexing
from homeserver.search.searching import Searching
from homeserver.storage.search import index_of


@frozen(kw_only=True)
class FindingPart(Part):
    """`endpoints` belong to the resource `client`."""

    indexing: Indexing
    endpoints: tuple[object, ...]

    async def start(self) -> None:
        self.indexing.start()

    async def stop(self) -> None:
        """Before the database is closed."""
        self.indexing.stop()


def build_finding(ground: Ground, rooms: RoomsPart) -> FindingPart:
    world, db, notifier = ground.world, ground.db, ground.notifier
    server_name = ground.settings.server_name
    indexing = Indexing(db, world.clock, index_of(db.dialect.name))
    notifier.listen(Appended, indexing.note)
    elsewhere = None
    if rooms.shared is not None:
        others = rooms.shared.receiving.others
        elsewhere = SpacesElsewhere(others, world.clock, server_name)
    return FindingPart(
        indexing=indexing,
        endpoints=(
            SearchEndpoints(Searching(db, world.clock, indexing)),
            SpaceEndpoints(Hierarchy(db, server_name, elsewhere)),
            RoomSummaryEndpoints(Summaries(db, rooms.aliases, server_name, elsewhere)),
            MutualRoomEndpoints(MutualRooms(db)),
            ReportEndpoints(Reports(db, world.clock)),
        ),
    )
