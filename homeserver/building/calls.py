"""Voice and video, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.world import World
from homeserver.calls.hang_ups import HangUps
from homeserver.calls.leave_handing import LeaveHanding
from homeserver.calls.leave_keepers import LeaveKeeper
from homeserver.calls.leaves import Leaves
from homeserver.calls.livekit import LiveKit
from homeserver.calls.livekit_tokens import LiveKitTokens
from homeserver.calls.openid_owners import OpenIdOwners, OwnOwner
from homeserver.calls.remote_calls import RemoteCalls
from homeserver.calls.seats import Seats
from homeserver.calls.transports import Transports, service_url
from homeserver.calls.turn import Relays
from homeserver.calls.watch import Watch
from homeserver.client_api.call_service import CallServiceEndpoints
from homeserver.client_api.calls import CallEndpoints, RelayEndpoints, TransportEndpoints
from homeserver.config.calls import LiveKit as LiveKitSettings
from homeserver.config.settings import Settings
from homeserver.errors import CannotStart
from homeserver.federation_api.calls import CallEndpoints as ServerCallEndpoints
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_tls import Trust
from homeserver.peers.servers import Peers
from homeserver.rooms.delayed_events import DelayedEvents
from homeserver.rooms.timeline import Appended


@frozen(kw_only=True)
class CallsPart(Part):
    """`endpoints` by the resource of a listener."""

    endpoints: dict[str, list[object]]
    _watch: Watch | None = None
    _clients: tuple[Client, ...] = ()

    async def start(self) -> None:
        if self._watch is not None:
            self._watch.start()

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        for client in self._clients:
            client.close()


def build_calls(
    ground: Ground, delayed: DelayedEvents, own_openid: OwnOwner, peers: Peers | None
) -> CallsPart:
    """`peers` is None where this server talks to no others. May raise CannotStart, for settings
    that lack something.
    """
    settings, world = ground.settings, ground.world
    livekit = settings.calls.livekit
    check(livekit)
    endpoints: list[object] = [
        RelayEndpoints(Relays(settings.calls.turn, world.clock)),
        TransportEndpoints(Transports(livekit, service_url(settings))),
    ]
    if livekit.url is None or livekit.key is None or livekit.secret is None:
        return CallsPart(endpoints={"client": endpoints})
    tokens = LiveKitTokens(livekit.key, livekit.secret, livekit.token_lifetime, world.clock)
    # The operator names LiveKit's address, strangers name other homeservers'.
    named, guarded = client(world), client(world, settings)
    api = LiveKit(api_url(livekit), tokens, named)
    name, db, clock = settings.server_name, ground.db, world.clock
    seats = Seats(db, clock, name, tokens, api)
    leaves = Leaves(db, clock, api, LeaveKeeper(delayed, guarded))
    handing = LeaveHanding(db, clock, name, delayed, leaves)
    hang_ups = HangUps(db, api)
    ground.notifier.listen(Appended, hang_ups.appended)
    watch = Watch(tokens, leaves, hang_ups, clock)
    remote = RemoteCalls(name, livekit.url, peers)
    owners = OpenIdOwners(name, own_openid, peers)
    endpoints += [
        CallEndpoints(seats, handing, remote),
        CallServiceEndpoints(livekit.url, seats, owners, handing, watch),
    ]
    return CallsPart(
        endpoints={"client": endpoints, "federation": [ServerCallEndpoints(seats, remote)]},
        watch=watch,
        clients=(named, guarded),
    )


def check(livekit: LiveKitSettings) -> None:
    given = [name for name in ("url", "key", "secret") if getattr(livekit, name) is not None]
    if given and len(given) < 3 and not (livekit.service_url and given == ["url"]):
        missing = sorted({"url", "key", "secret"} - set(given))
        raise CannotStart(
            f"calls.livekit has {' and '.join(given)}, but lacks {' and '.join(missing)}. "
            "All three belong together; or name the service that gives tokens as service_url."
        )


def api_url(livekit: LiveKitSettings) -> str:
    """By default where clients reach it: `wss` is `https` there, and `ws` is `http`."""
    return livekit.api_url or "http" + (livekit.url or "").removeprefix("ws")


def client(world: World, settings: Settings | None = None) -> Client:
    """With settings, one that does not call private addresses."""
    denied = () if settings is None else settings.federation.ip_range_denylist
    rules = AddressRules(denied)
    connections = Connections(world.reactor, world.dns, rules, Trust())
    return Client(world.reactor, world.clock, connections)
