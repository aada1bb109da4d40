"""Notifications, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.mail import MailPart
from homeserver.building.parts import Part
from homeserver.building.sync import SyncPart
from homeserver.building.world import World
from homeserver.changes import PusherAwaitsProof
from homeserver.config.push import Push as PushSettings
from homeserver.config.settings import Settings
from homeserver.delivery.push.arrivals import Arrivals
from homeserver.delivery.push.gateway_courier import Courier, GatewayCourier
from homeserver.delivery.push.gateways import Gateways
from homeserver.delivery.push.letters import Letters
from homeserver.delivery.push.mailing import Mailing, Pace, Post
from homeserver.delivery.push.meter import PushMeter
from homeserver.delivery.push.notification import Counts
from homeserver.delivery.push.pauses import Pauses
from homeserver.delivery.push.preparing import Preparing
from homeserver.delivery.push.proving import Prover, Proving
from homeserver.delivery.push.reading import ReadersNews
from homeserver.delivery.push.service import Push, PushParts
from homeserver.delivery.push.telling import Telling, Turns
from homeserver.delivery.push.watchers import Watchers
from homeserver.delivery.push.web_push_courier import WebPushCourier
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_tls import Trust
from homeserver.notifier import Notifier
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.badges import joined_at
from homeserver.users.pusher_kinds import EMAIL, HTTP, WEB_PUSH
from homeserver.users.vapid import Vapid


@frozen(kw_only=True)
class PushPart(Part):
    """Where nobody is to be notified there is nothing to start."""

    push: Push | None = None
    _client: Client | None = None

    async def start(self) -> None:
        if self.push is not None:
            await self.push.start()

    async def stop(self) -> None:
        if self.push is not None:
            await self.push.stop()
        if self._client is not None:
            self._client.close()


@frozen(eq=False)
class SyncReads:
    """Answers from what syncs know."""

    _sync: SyncPart

    def counts(self, txn: Transaction, user_id: str, now_ms: int) -> Counts:
        badge = self._sync.badges.of(txn, user_id, now_ms)
        return Counts(badge.unread, badge.missed_calls)

    def is_read(self, txn: Transaction, head: Head, user_id: str, stored: Stored) -> bool:
        joined = joined_at(txn, head, user_id)
        return self._sync.unread.is_read(txn, head, user_id, joined, stored)


@frozen
class News:
    """Where notifications come from."""

    db: Database
    notifier: Notifier
    sync: SyncPart
    vapid: Vapid | None
    mail: MailPart | None


def build_push(ground: Ground, news: News) -> PushPart:
    settings, world, metrics = ground.settings, ground.world, ground.metrics
    if not settings.push.enabled:
        return PushPart()
    db, clock = news.db, world.clock
    client = push_client(settings.push, world)
    meter = PushMeter.of(metrics.registry)
    watchers = Watchers(db)
    pauses = Pauses(db, clock, world.random, {})
    preparing = Preparing(SyncReads(news.sync), clock.now_ms, settings.push.give_up_after)
    couriers, provers = build_couriers(settings, world, client, news.vapid)
    turns = Turns(Telling(db, preparing, couriers, watchers, meter))
    if news.mail is not None:
        turns.mailing = provers[EMAIL] = build_mailing(settings, world, news, preparing, meter)
    gateways = Gateways(clock, pauses, turns.take)
    arrivals = Arrivals(db, clock, watchers, gateways.wake)
    readers = ReadersNews(db, clock, watchers, gateways.wake)
    push = Push(db, clock, PushParts(watchers, pauses, arrivals, gateways, readers), meter)
    news.notifier.listen(PusherAwaitsProof, Proving(db, provers).asked)
    arrivals.listen(news.notifier)
    readers.listen(news.notifier)
    meter.watch(gateways.waiting, lambda: len(pauses))
    return PushPart(push=push, client=client)


def build_couriers(
    settings: Settings, world: World, client: Client, vapid: Vapid | None
) -> tuple[dict[str, Courier], dict[str, Prover]]:
    """By kind of pusher: who tells it, and who asks for a proof that it is there."""
    include_content = settings.push.include_content
    couriers: dict[str, Courier] = {HTTP: GatewayCourier(client, include_content)}
    provers: dict[str, Prover] = {}
    if vapid is not None:
        browsers = WebPushCourier(client, vapid, world.random, include_content)
        couriers.update(dict.fromkeys(WEB_PUSH, browsers))
        provers.update(dict.fromkeys(WEB_PUSH, browsers))
    return couriers, provers


def build_mailing(
    settings: Settings, world: World, news: News, preparing: Preparing, meter: PushMeter
) -> Mailing:
    assert news.mail is not None
    post = Post(news.mail.mailer, news.mail.mailboxes, Letters(settings.server_name))
    pace = Pace(settings.push.mail_delay, settings.push.longest_mail_delay, world.clock.now_ms)
    return Mailing(news.db, preparing, post, pace, meter)


def push_client(settings: PushSettings, world: World) -> Client:
    """The door to push gateways."""
    rules = AddressRules(settings.ip_range_denylist, settings.ip_range_allowlist)
    trust = Trust(settings.custom_ca_paths)
    connections = Connections(world.reactor, world.dns, rules, trust)
    return Client(world.reactor, world.clock, connections)
