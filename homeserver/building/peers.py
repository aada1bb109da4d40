"""Other servers, put together: how they are reached, and how they are told apart."""

from attrs import frozen
from nacl.signing import VerifyKey

from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.world import World
from homeserver.config.network import TrustedKeyServer
from homeserver.config.settings import Settings
from homeserver.events.unpadded_base64 import decode_base64
from homeserver.federation_api.keys import KeyEndpoints
from homeserver.federation_api.version import VersionEndpoints
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_tls import Trust
from homeserver.peers import retired_keys
from homeserver.peers.admission import Admission
from homeserver.peers.backoff import Backoff
from homeserver.peers.discovery import Discovery
from homeserver.peers.inbound import Inbound
from homeserver.peers.key_fetching import KeyFetching, NotaryServer
from homeserver.peers.notary import Notary
from homeserver.peers.own_keys import OwnKeys
from homeserver.peers.reaching import Reaching
from homeserver.peers.refusals import Refusals
from homeserver.peers.server_keys import ServerKeys
from homeserver.peers.servers import Peers
from homeserver.peers.well_known import WellKnown
from homeserver.signing_key import load_or_make


@frozen(kw_only=True)
class PeersPart(Part):
    """`endpoints` by resource; whoever asks other servers does so through `peers`."""

    peers: Peers
    server_keys: ServerKeys
    own_keys: OwnKeys
    admission: Admission
    backoff: Backoff
    inbound: Inbound
    endpoints: dict[str, list[object]]
    client: Client
    refusals: Refusals

    async def start(self) -> None:
        await self.backoff.start()

    async def stop(self) -> None:
        self.client.close()


def build_peers(ground: Ground) -> PeersPart:
    """May raise BadRetiredKeys."""
    settings, world, db, metrics = ground.settings, ground.world, ground.db, ground.metrics
    clock, random = world.clock, world.random
    client = outgoing_client(settings, world)
    admission = Admission(settings.federation)
    refusals = Refusals(clock, metrics.registry)
    well_known = WellKnown(client, clock, random, refusals)
    discovery = Discovery(well_known, world.dns, clock, random)
    reaching = Reaching(client, discovery, admission, refusals)
    own = own_keys(settings, world)
    notaries = [
        notary_server(trusted)
        for trusted in settings.trusted_key_servers
        if trusted.server_name != settings.server_name
    ]
    keys = ServerKeys(db, clock, own, KeyFetching(reaching, notaries, clock))
    backoff = Backoff(db, clock, random, settings.federation)
    return PeersPart(
        peers=Peers(reaching, own, backoff, clock),
        server_keys=keys,
        own_keys=own,
        admission=admission,
        backoff=backoff,
        inbound=Inbound(settings.server_name, keys, admission, backoff, clock),
        endpoints=endpoints(settings, Notary(db, clock, own, keys)),
        client=client,
        refusals=refusals,
    )


def outgoing_client(settings: Settings, world: World) -> Client:
    """The door to other servers."""
    federation = settings.federation
    rules = AddressRules(federation.ip_range_denylist)
    trust = Trust(federation.custom_ca_paths, federation.verify_tls)
    connections = Connections(world.reactor, world.dns, rules, trust)
    return Client(world.reactor, world.clock, connections)


def own_keys(settings: Settings, world: World) -> OwnKeys:
    key = load_or_make(settings.signing_key_path, world.random)
    retired = retired_keys.load(settings.signing_key_path)
    return OwnKeys(settings.server_name, key, retired, world.clock)


def notary_server(trusted: TrustedKeyServer) -> NotaryServer:
    keys = {id: VerifyKey(decode_base64(key)) for id, key in trusted.verify_keys.items()}
    return NotaryServer(trusted.server_name, keys)


def endpoints(settings: Settings, notary: Notary) -> dict[str, list[object]]:
    if not settings.federation.enabled:
        return {}
    return {"federation": [VersionEndpoints()], "keys": [KeyEndpoints(notary)]}
