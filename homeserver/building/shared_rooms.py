"""What rooms need of other servers, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.peers import PeersPart
from homeserver.rooms.author import Author
from homeserver.rooms.elsewhere.drafts import Drafts
from homeserver.rooms.elsewhere.inviting import RemoteInvites
from homeserver.rooms.elsewhere.joining import RemoteJoins
from homeserver.rooms.elsewhere.rooms import FederatedRooms
from homeserver.rooms.incoming.appending import Appending
from homeserver.rooms.incoming.checks import Checks
from homeserver.rooms.incoming.closer_events import EventsElsewhere
from homeserver.rooms.incoming.fetching import Fetching
from homeserver.rooms.incoming.history import History
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.rooms.other_servers import OtherServers
from homeserver.rooms.policy_servers import PolicyServers
from homeserver.storage import profiles


@frozen(kw_only=True)
class SharedRooms:
    receiving: Receiving
    remote: FederatedRooms
    history: History
    closer_events: EventsElsewhere


def build_shared_rooms(
    ground: Ground, author: Author, peers: PeersPart, policy: PolicyServers
) -> SharedRooms:
    world, db = ground.world, ground.db
    checks = Checks(db, peers.server_keys, peers.refusals)
    others = OtherServers(peers.peers)
    fetching = Fetching(db, checks, others)
    appending = Appending(author.server_name, policy)
    receiving = Receiving(appending, db, checks, others, fetching)
    drafts = Drafts(author, world.clock)
    remote = FederatedRooms(
        receiving,
        RemoteJoins(drafts, receiving),
        RemoteInvites(author, receiving),
        drafts,
        profiles.for_member_event,
        peers.admission.check,
    )
    history = History(receiving)
    return SharedRooms(
        receiving=receiving,
        remote=remote,
        history=history,
        closer_events=EventsElsewhere(receiving, history),
    )
