"""Builds every object once, gives each what it needs, and starts and stops the whole."""

from typing import Any

from attrs import define, field
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort

from homeserver.building.accounts import AccountsPart, build_accounts
from homeserver.building.appservices import AppServicesPart, build_appservices, build_asking
from homeserver.building.calls import CallsPart, Neighbours, build_calls
from homeserver.building.delivery import DeliveryPart, Happenings, build_delivery
from homeserver.building.doorkeepers import Doorkeepers
from homeserver.building.facts import build_facts, build_vapid
from homeserver.building.federation import FederationPart, build_federation
from homeserver.building.finding import FindingPart, build_finding
from homeserver.building.keys import (
    KeysPart,
    SharedKeys,
    build_claim_marks,
    build_keys,
    build_shared_keys,
)
from homeserver.building.mail import build_mail
from homeserver.building.media import MediaPart, build_media
from homeserver.building.operations import build_operations, commit_meter
from homeserver.building.peers import PeersPart, build_peers
from homeserver.building.push import News, PushPart, build_push
from homeserver.building.reading import build_reading
from homeserver.building.retention import RetentionPart, build_retention
from homeserver.building.rooms import build_rooms
from homeserver.building.sending import SendingPart, build_sending
from homeserver.building.server_notices import ServerNoticesPart, build_server_notices
from homeserver.building.sync import build_sync
from homeserver.building.user_data import UserDataPart, build_user_data
from homeserver.building.world import World
from homeserver.clock import SystemClock
from homeserver.config.settings import Settings
from homeserver.config.storage import SqliteDatabase
from homeserver.http.client_addresses import Network
from homeserver.http.listening import listen
from homeserver.http.meter import RequestMeter
from homeserver.http.outgoing_names import SystemDns
from homeserver.http.protocol import HttpFactory
from homeserver.http.routing import Router
from homeserver.http.site import Site
from homeserver.logs import logger
from homeserver.media.threads import MediaThreads
from homeserver.metrics import Metrics, new_metrics
from homeserver.notifier import Notifier
from homeserver.randomness import system_random
from homeserver.storage.database import Database
from homeserver.storage.dialects.dialect import Dialect
from homeserver.storage.dialects.postgresql import PostgresqlDialect
from homeserver.storage.dialects.sqlite import SqliteDialect
from homeserver.storage.memory import Memory
from homeserver.storage.threads import ReactorThreads
from homeserver.sync.presence_news import shares_room
from homeserver.users import appservices
from homeserver.users.passwords import HashingThreads
from homeserver.users.presence import Presence
from homeserver.users.profiles import Elsewhere

Endpoints = list[object]

log = logger(__name__)


def real_world(settings: Settings, reactor: Any) -> World:
    database = settings.database
    readers = 2 if isinstance(database, SqliteDatabase) else database.connections
    threads = ReactorThreads(reactor, readers)
    hashing = HashingThreads(reactor)
    dns = SystemDns(reactor)
    files, sandbox = MediaThreads(reactor, "files", 3), MediaThreads(reactor, "sandbox", 1)
    clock = SystemClock(reactor)
    return World(reactor, clock, system_random, threads, hashing, dns, files, sandbox)


@define(eq=False)
class Application:
    """The homeserver. `endpoints` are what it serves, by the resource of a listener."""

    settings: Settings
    world: World
    database: Database
    notifier: Notifier
    metrics: Metrics
    accounts: AccountsPart
    user_data: UserDataPart
    peers: PeersPart
    media: MediaPart
    delivery: DeliveryPart
    appservices: AppServicesPart
    federation: FederationPart
    keys: KeysPart
    shared_keys: SharedKeys | None
    finding: FindingPart
    sending: SendingPart
    retention: RetentionPart
    server_notices: ServerNoticesPart
    calls: CallsPart
    push: PushPart
    endpoints: dict[str, Endpoints]
    _factories: list[HttpFactory] = field(factory=list)
    _ports: list[IListeningPort] = field(factory=list)

    @classmethod
    def build(cls, settings: Settings, reactor: Any) -> "Application":
        return build(settings, real_world(settings, reactor))

    async def start(self) -> None:
        await self.accounts.start()
        await self.user_data.start()
        await self.sending.start()
        await self.server_notices.start()
        await self.peers.start()
        await self.delivery.start()
        await self.appservices.start()
        await self.federation.start()
        await self.keys.start()
        if self.shared_keys is not None:
            self.shared_keys.start()
        self.media.start()
        self.finding.start()
        self.retention.upkeep.start()
        self.calls.start()
        await self.push.start()
        for listener in self.settings.listeners:
            factory = self.factory(listener.resources, listener.trusted_proxies)
            factory.start_sweeping()
            self._ports += await listen(self.world.reactor, listener, factory)

    async def stop(self) -> None:
        """Answer what was asked, then close."""
        for port in self._ports:
            await maybeDeferred(port.stopListening)
        for factory in self._factories:
            factory.stop()
        self.calls.stop()
        self.sending.stop()
        await self.push.stop()
        await self.delivery.stop()
        self.keys.stop()
        if self.shared_keys is not None:
            self.shared_keys.stop()
        await self.appservices.stop()
        self.peers.stop()
        self.media.stop()
        self.finding.stop()
        self.retention.upkeep.stop()
        await self.accounts.stop()
        self.database.close()

    def factory(
        self, resources: tuple[str, ...], trusted_proxies: tuple[Network, ...] = ()
    ) -> HttpFactory:
        """Connections to a listener that serves these resources."""
        router = Router()
        served = [it for resource in resources for it in self.endpoints.get(resource, [])]
        # What belongs to several resources is served once.
        for endpoints in {id(it): it for it in served}.values():
            router.add(endpoints)
        doorkeeper = Doorkeepers(self.accounts.doorkeeper, self.peers.inbound)
        site = Site(
            router,
            doorkeeper,
            RequestMeter(self.metrics.requests, self.metrics.request_seconds),
            self.media.store,
        )
        factory = HttpFactory(site, self.world.clock, trusted_proxies)
        self._factories.append(factory)
        return factory


def build(settings: Settings, world: World) -> Application:
    """May raise BadRegistration and BadRetiredKeys, for files that cannot be used."""
    notifier = Notifier()
    metrics = new_metrics()
    memory, measure = Memory(settings.caches.size), commit_meter(metrics)
    database = Database(dialect_of(settings), world.threads, notifier, memory, measure)
    services = appservices.load(settings.appservice_config_files, settings.server_name)
    presence = Presence(database, world.clock, settings.presence, shares_room)
    peers = build_peers(settings, world, database, metrics)
    asking = build_asking(world, database, services)
    rooms = build_rooms(settings, world, database, notifier, asking, peers)
    vapid = build_vapid(settings, world, database)
    mail = build_mail(settings, world, database)
    accounts = build_accounts(
        settings, world, database, services, presence, rooms.leaving.leave_all_rooms
    )
    user_data = build_user_data(
        settings,
        world,
        database,
        notifier,
        presence,
        rooms.profile_changes.propagate,
        Elsewhere(
            settings.server_name,
            asking.questions.make_user,
            rooms.shared.remote.profile if rooms.shared else None,
        ),
    )
    sending = build_sending(settings, world, database, notifier, rooms, presence, accounts.limits)
    sync = build_sync(
        world,
        database,
        notifier,
        (rooms.typing, rooms.receipts, sending.sticky),
        (user_data.filters, presence),
    )
    metrics.waiting_syncs.set_function(sync.waiting.__len__)
    reading = build_reading(world, database, rooms, presence)
    media = build_media(settings, world, database, notifier, metrics, peers)
    marks = build_claim_marks(settings)
    shared_keys = build_shared_keys(settings, world, database, notifier, peers, marks)
    keys = build_keys(settings, database, accounts, shared_keys, marks)
    finding = build_finding(settings.server_name, world, database, notifier, rooms)
    calls = build_calls(
        settings,
        world,
        Neighbours(
            database,
            notifier,
            sending.delayed_events,
            user_data.openid.owner,
            peers.peers if settings.federation.enabled else None,
        ),
    )
    client = [
        *build_facts(settings, vapid),
        *(mail.endpoints if mail else ()),
        *accounts.endpoints,
        *rooms.endpoints,
        *user_data.endpoints,
        *sync.endpoints,
        *reading,
    ]
    federation = build_federation(settings, world, database, rooms, user_data, shared_keys)
    happenings = Happenings(database, notifier, rooms.typing, presence, sending.sticky)
    delivery = build_delivery(settings, world, metrics, happenings, peers)
    bridged = build_appservices(settings, world, metrics, happenings, asking)
    retention = build_retention(settings, world, database, metrics)
    server_notices = build_server_notices(settings, world, database, rooms, accounts)
    push = build_push(settings, world, metrics, News(database, notifier, sync, vapid, mail))
    operations = build_operations(settings, metrics, database, notifier)
    endpoints = {
        **peers.endpoints,
        **operations,
        "federation": [
            *peers.endpoints.get("federation", []),
            *federation.endpoints,
            *calls.endpoints.get("federation", []),
            *([media.for_servers] if federation.endpoints else []),
        ],
        "client": [
            *operations["client"],
            *client,
            *media.endpoints,
            *keys.endpoints,
            *finding.endpoints,
            *sending.endpoints,
            *retention.endpoints,
            *server_notices.endpoints,
            *calls.endpoints["client"],
            *bridged.endpoints,
        ],
        "media": list(media.endpoints),
    }
    return Application(
        settings,
        world,
        database,
        notifier,
        metrics,
        accounts,
        user_data,
        peers,
        media,
        delivery,
        bridged,
        federation,
        keys,
        shared_keys,
        finding,
        sending,
        retention,
        server_notices,
        calls,
        push,
        endpoints,
    )


def dialect_of(settings: Settings) -> Dialect:
    database = settings.database
    if isinstance(database, SqliteDatabase):
        return SqliteDialect(database.path)
    return PostgresqlDialect(database.dsn)
