"""Application services, put together: what they get, and what they are asked."""

from attrs import frozen

from homeserver.appservices.audience import Audience
from homeserver.appservices.calls import Calls
from homeserver.appservices.courier import Courier
from homeserver.appservices.interest import Interest
from homeserver.appservices.meter import AppServiceMeter
from homeserver.appservices.packing import Packing
from homeserver.appservices.patience import Patience
from homeserver.appservices.pinging import Pinging
from homeserver.appservices.questions import Questions
from homeserver.appservices.queue import Means, Queue
from homeserver.appservices.queues import Queues, Sorting
from homeserver.appservices.recovery import Recovery
from homeserver.appservices.roster import Roster
from homeserver.appservices.third_party import ThirdParty
from homeserver.building.accounts import AccountsPart
from homeserver.building.delivery import Happenings
from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.client_api.appservices import AppServiceEndpoints
from homeserver.client_api.third_party import ThirdPartyEndpoints
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_tls import Trust
from homeserver.users.appservices import AppService, AppServices


@frozen(kw_only=True)
class Asking:
    """What others ask services, before there is anything to tell them."""

    services: AppServices
    calls: Calls
    questions: Questions


@frozen(kw_only=True)
class AppServicesPart(Part):
    """`endpoints` belong to the resource `client`."""

    queues: Queues
    roster: Roster
    endpoints: tuple[object, ...]
    _calls: Calls

    async def start(self) -> None:
        await self.queues.start()

    def begin(self) -> None:
        """Once the ports are open: who gets something asks back."""
        self.queues.begin()

    async def stop(self) -> None:
        await self.queues.stop()
        self._calls.close()


def build_asking(ground: Ground, services: AppServices) -> Asking:
    """Operators say where services are, so they may be anywhere: most often on this machine."""
    world, db = ground.world, ground.db
    connections = Connections(world.reactor, world.dns, AddressRules(()), Trust())
    calls = Calls(Client(world.reactor, world.clock, connections), world.clock)
    questions = Questions(services, calls, db, world.clock)
    return Asking(services=services, calls=calls, questions=questions)


def build_appservices(
    ground: Ground, happenings: Happenings, asking: Asking, accounts: AccountsPart
) -> AppServicesPart:
    settings, world, metrics = ground.settings, ground.world, ground.metrics
    db, clock, services = happenings.db, world.clock, asking.services
    interest = Interest(services, settings.server_name)
    audience = Audience(services, interest)
    means = Means(
        db=db,
        clock=clock,
        packing=Packing(interest, happenings.typing, happenings.presence, clock),
        recovery=Recovery(interest, audience),
        courier=Courier(asking.calls, AppServiceMeter.of(metrics.registry)),
    )

    def queue(service: AppService) -> Queue:
        return Queue(service, means, Patience(clock, world.random))

    told = {service.id: queue(service) for service in services.all if service.url is not None}
    queues = Queues(services, db, clock, Sorting(interest, audience), told)
    queues.listen(happenings.notifier)
    return AppServicesPart(
        queues=queues,
        roster=Roster(services, queues, queue, accounts.welcome_senders),
        endpoints=(
            AppServiceEndpoints(Pinging(services, asking.calls, queues, clock)),
            ThirdPartyEndpoints(ThirdParty(services, asking.calls, clock)),
        ),
        calls=asking.calls,
    )
