"""Builds every object once, gives each what it needs, and starts and stops the whole."""

from importlib import import_module
from typing import Any

import attrs
from attrs import define, field
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort

from homeserver.building.accounts import AccountsPart, build_accounts
from homeserver.building.administration import AdministrationPart, build_administration
from homeserver.building.appservices import AppServicesPart, build_appservices, build_asking
from homeserver.building.bridges import BridgesPart, build_bridges
from homeserver.building.calls import CallsPart, build_calls
from homeserver.building.delivery import DeliveryPart, Happenings, build_delivery
from homeserver.building.doorkeepers import Doorkeepers
from homeserver.building.exports import build_exports
from homeserver.building.facts import build_facts, build_vapid
from homeserver.building.federation import FederationPart, build_federation
from homeserver.building.finding import FindingPart, build_finding
from homeserver.building.ground import Ground
from homeserver.building.inventory import build_inventory
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
from homeserver.building.parts import Part, joined
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
from homeserver.media.threads import MediaThreads, at_once
from homeserver.metrics import new_metrics
from homeserver.notifier import Notifier
from homeserver.randomness import system_random
from homeserver.storage.database import Database
from homeserver.storage.dialects.dialect import Dialect
from homeserver.storage.dialects.sqlite import SqliteDialect
from homeserver.storage.memory import Memory
from homeserver.storage.threads import ReactorThreads
from homeserver.sync.presence_news import shares_room
from homeserver.users import appservices
from homeserver.users.passwords import HashingThreads
from homeserver.users.presence import Presence
from homeserver.users.profiles import Elsewhere

log = logger(__name__)


def real_world(settings: Settings, reactor: Any) -> World:
    database = settings.database
    readers = 2 if isinstance(database, SqliteDatabase) else database.connections
    threads = ReactorThreads(reactor, readers)
    hashing = HashingThreads(reactor)
    dns = SystemDns(reactor)
    files, sandbox = MediaThreads(reactor, "files", 3), MediaThreads(reactor, "sandbox", 1)
    clock = SystemClock(reactor)
    has_directory = settings.single_sign_on.ldap.uri is not None
    directory = MediaThreads(reactor, "directory", 2) if has_directory else at_once
    return World(reactor, clock, system_random, threads, hashing, dns, files, sandbox, directory)


@define(eq=False, kw_only=True)
class Application:
    """The homeserver. `endpoints` are what it serves, by the resource of a listener."""

    ground: Ground
    accounts: AccountsPart
    user_data: UserDataPart
    administration: AdministrationPart
    sending: SendingPart
    server_notices: ServerNoticesPart
    peers: PeersPart
    delivery: DeliveryPart
    appservices: AppServicesPart
    federation: FederationPart
    keys: KeysPart
    shared_keys: SharedKeys | None
    media: MediaPart
    finding: FindingPart
    retention: RetentionPart
    calls: CallsPart
    push: PushPart
    bridges: BridgesPart
    endpoints: dict[str, list[object]]
    _factories: list[HttpFactory] = field(factory=list)
    _ports: list[IListeningPort] = field(factory=list)

    @classmethod
    def build(cls, settings: Settings, reactor: Any) -> "Application":
        return build(settings, real_world(settings, reactor))

    @property
    def world(self) -> World:
        return self.ground.world

    @property
    def database(self) -> Database:
        return self.ground.db

    @property
    def notifier(self) -> Notifier:
        return self.ground.notifier

    @property
    def parts(self) -> list[Part]:
        """In the order in which they start: what others stand on comes first."""
        found = (getattr(self, it.name) for it in attrs.fields(Application))
        return [part for part in found if isinstance(part, Part)]

    async def start(self) -> None:
        for part in self.parts:
            await part.start()
        for listener in self.ground.settings.listeners:
            factory = self.factory(listener.resources, listener.trusted_proxies)
            factory.start_sweeping()
            self._ports += await listen(self.world.reactor, listener, factory)
        self.appservices.begin()
        self.bridges.begin()

    async def stop(self) -> None:
        """Answer what was asked, then close."""
        for port in self._ports:
            await maybeDeferred(port.stopListening)
        for factory in self._factories:
            factory.stop()
        for part in reversed(self.parts):
            await part.stop()
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
        doorkeeper = Doorkeepers(
            self.accounts.doorkeeper, self.peers.inbound, self.administration.audit
        )
        metrics = self.ground.metrics
        meter = RequestMeter(metrics.requests, metrics.request_seconds)
        site = Site(router, doorkeeper, meter, self.media.store)
        factory = HttpFactory(site, self.world.clock, trusted_proxies)
        self._factories.append(factory)
        return factory


def build(settings: Settings, world: World) -> Application:
    """May raise BadRegistration and BadRetiredKeys, for files that cannot be used."""
    ground = lay_ground(settings, world)
    services = appservices.load(settings.appservice_config_files, settings.server_name)
    presence = Presence(ground.db, world.clock, settings.presence, shares_room)
    peers = build_peers(ground)
    asking = build_asking(ground, services)
    rooms = build_rooms(ground, asking, peers)
    mail = build_mail(ground)
    leave_all_rooms = rooms.leaving.leave_all_rooms
    accounts = build_accounts(ground, services, presence, leave_all_rooms, mail)
    elsewhere = Elsewhere(
        settings.server_name,
        asking.questions.make_user,
        rooms.shared.remote.profile if rooms.shared else None,
    )
    user_data = build_user_data(ground, presence, rooms.profile_changes.propagate, elsewhere)
    sending = build_sending(ground, rooms, presence, accounts.limits)
    in_rooms = (rooms.typing, rooms.receipts, sending.sticky)
    sync = build_sync(ground, in_rooms, (user_data.filters, presence))
    ground.metrics.waiting_syncs.set_function(sync.waiting.__len__)
    media = build_media(ground, peers)
    marks = build_claim_marks(settings)
    shared_keys = build_shared_keys(ground, peers, marks)
    keys = build_keys(ground, accounts, shared_keys, marks)
    finding = build_finding(ground, rooms)
    others = peers.peers if settings.federation.enabled else None
    calls = build_calls(ground, sending.delayed_events, user_data.openid.owner, others)
    federation = build_federation(ground, rooms, user_data, shared_keys)
    happenings = Happenings(ground.db, ground.notifier, rooms.typing, presence, sending.sticky)
    bridged = build_appservices(ground, happenings, asking, accounts)
    retention = build_retention(ground)
    server_notices = build_server_notices(ground, rooms, accounts)
    vapid = build_vapid(ground)
    push = build_push(ground, News(ground.db, ground.notifier, sync, vapid, mail))
    administration = build_administration(ground, accounts, user_data, rooms)
    exports = build_exports(ground, accounts, administration, media)
    inventory = build_inventory(ground, administration, media, peers)
    of_clients = (accounts, rooms, user_data, sync, keys, finding, sending, retention, bridged)
    return Application(
        ground=ground,
        accounts=accounts,
        user_data=user_data,
        administration=administration,
        sending=sending,
        server_notices=server_notices,
        peers=peers,
        delivery=build_delivery(ground, happenings, peers),
        appservices=bridged,
        federation=federation,
        keys=keys,
        shared_keys=shared_keys,
        media=media,
        finding=finding,
        retention=retention,
        calls=calls,
        push=push,
        bridges=build_bridges(ground, bridged.roster),
        endpoints=joined(
            *({"client": part.endpoints} for part in (*of_clients, server_notices)),
            {"client": build_facts(settings, vapid)},
            {"client": mail.endpoints if mail else ()},
            {"client": build_reading(ground, rooms, presence)},
            {"client": media.endpoints, "media": media.endpoints},
            {"federation": [media.for_servers] if federation.endpoints else []},
            {"federation": federation.endpoints},
            {"client": administration.endpoints, "admin": administration.endpoints},
            {"client": inventory, "admin": inventory},
            exports,
            build_operations(ground),
            peers.endpoints,
            calls.endpoints,
        ),
    )


def lay_ground(settings: Settings, world: World) -> Ground:
    notifier, metrics = Notifier(), new_metrics()
    memory, measure = Memory(settings.caches.size), commit_meter(metrics)
    database = Database(dialect_of(settings), world.threads, notifier, memory, measure)
    return Ground(settings, world, database, notifier, metrics)


def dialect_of(settings: Settings) -> Dialect:
    database = settings.database
    if isinstance(database, SqliteDatabase):
        return SqliteDialect(database.path)
    # By name: psycopg2 and libpq take 5 MiB, which a server on SQLite does without.
    postgresql: Any = import_module("homeserver.storage.dialects.postgresql")
    dialect: Dialect = postgresql.PostgresqlDialect(database.dsn)
    return dialect
