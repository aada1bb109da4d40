"""What administrators ask for, put together."""

from attrs import frozen

from homeserver import __version__
from homeserver.admin_api.account_changes import AccountChangeEndpoints, LimitEndpoints
from homeserver.admin_api.account_views import AccountViewEndpoints, FeatureEndpoints
from homeserver.admin_api.accounts import AccountEndpoints
from homeserver.admin_api.audit import AuditEndpoints
from homeserver.admin_api.devices import AdminDeviceEndpoints
from homeserver.admin_api.history import AdminHistoryEndpoints, HistoryPurgeEndpoints
from homeserver.admin_api.long_work import LongWorkEndpoints
from homeserver.admin_api.registration_tokens import RegistrationTokenEndpoints
from homeserver.admin_api.reports import ReportEndpoints
from homeserver.admin_api.room_changes import RoomChangeEndpoints
from homeserver.admin_api.rooms import RoomEndpoints
from homeserver.admin_api.scheduled_work import ScheduledWorkEndpoints
from homeserver.building.accounts import AccountsPart
from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.rooms import RoomsPart
from homeserver.building.user_data import UserDataPart
from homeserver.rooms.blocking import Blocking
from homeserver.rooms.hierarchy import Hierarchy
from homeserver.rooms.history_purge import KIND as PURGE
from homeserver.rooms.history_purge import HistoryPurge
from homeserver.rooms.inspecting import Inspecting
from homeserver.rooms.jobs import Jobs
from homeserver.rooms.opening import Opening
from homeserver.rooms.overviews import Overviews
from homeserver.rooms.promoting import Promoting
from homeserver.rooms.report_reading import ReportReading
from homeserver.rooms.sending import Sending
from homeserver.rooms.shutdown import KIND as SHUTDOWN
from homeserver.rooms.shutdown import Shutdown
from homeserver.rooms.user_redactions import KIND as REDACTION
from homeserver.rooms.user_redactions import UserRedactions
from homeserver.storage.search import index_of
from homeserver.users.account_changes import PasswordChange
from homeserver.users.account_facts import AccountFacts
from homeserver.users.account_listing import AccountListing
from homeserver.users.account_moderation import AccountModeration
from homeserver.users.administration import Administration
from homeserver.users.audit_log import AuditLog
from homeserver.users.identities import Identities
from homeserver.users.limit_overrides import LimitOverrides
from homeserver.users.puppeting import Puppeting


@frozen(kw_only=True)
class AdministrationPart(Part):
    """`endpoints` belong to the resources `client` and `admin`."""

    audit: AuditLog
    administration: Administration
    overrides: LimitOverrides
    jobs: Jobs
    endpoints: tuple[object, ...]

    async def start(self) -> None:
        await self.overrides.start()
        await self.jobs.start()


def build_administration(
    ground: Ground, accounts: AccountsPart, user_data: UserDataPart, rooms: RoomsPart
) -> AdministrationPart:
    db, clock = ground.db, ground.world.clock
    audit = AuditLog(db, clock)
    administration = administration_of(accounts, user_data)
    moderation = AccountModeration(accounts.accounts, ground.settings.server_name)
    overrides = LimitOverrides(db, accounts.accounts, accounts.limits)
    jobs = Jobs(db, clock, ground.world.random)
    it = accounts.foundations
    factors = it.second_factors
    puppeting = Puppeting(db, clock, it.sessions, it.single_proofs)
    return AdministrationPart(
        audit=audit,
        administration=administration,
        jobs=jobs,
        overrides=overrides,
        endpoints=(
            AuditEndpoints(audit, f"Isthmus {__version__}"),
            AccountEndpoints(AccountListing(db), administration),
            AccountChangeEndpoints(administration, moderation, factors, puppeting),
            FeatureEndpoints(administration),
            LimitEndpoints(administration, overrides),
            AdminDeviceEndpoints(administration, accounts.devices),
            AccountViewEndpoints(
                administration, rooms.leaving, user_data.pushers, AccountFacts(db)
            ),
            *of_rooms(ground, rooms, administration),
            *long_work(ground, rooms, jobs),
            ReportEndpoints(ReportReading(db)),
            RegistrationTokenEndpoints(accounts.registration_tokens, clock),
        ),
    )


def long_work(ground: Ground, rooms: RoomsPart, jobs: Jobs) -> tuple[object, ...]:
    db, world = ground.db, ground.world
    opening = Opening(rooms.members, world.clock, world.random)
    index, name = index_of(db.dialect.name), ground.settings.server_name
    shutdown = Shutdown(db, world.clock, jobs, opening, index)
    purge = HistoryPurge(db, jobs, index, name)
    sending = Sending(db, rooms.author, rooms.checks)
    redactions = UserRedactions(db, jobs, sending, name)
    jobs.register(SHUTDOWN, shutdown.work)
    jobs.register(REDACTION, redactions.work)
    jobs.register(PURGE, purge.work)
    return (
        LongWorkEndpoints(jobs, shutdown, redactions),
        HistoryPurgeEndpoints(purge, jobs),
        ScheduledWorkEndpoints(jobs),
    )


def of_rooms(
    ground: Ground, rooms: RoomsPart, administration: Administration
) -> tuple[object, ...]:
    db, clock, name = ground.db, ground.world.clock, ground.settings.server_name
    inspecting = Inspecting(db, clock, rooms.aliases)
    return (
        RoomEndpoints(Overviews(db, name), inspecting),
        AdminHistoryEndpoints(inspecting, Hierarchy(db, name)),
        RoomChangeEndpoints(
            administration,
            Blocking(db, clock),
            Promoting(db, rooms.members, rooms.aliases),
            rooms.joining,
            inspecting,
        ),
    )


def administration_of(accounts: AccountsPart, user_data: UserDataPart) -> Administration:
    it = accounts.foundations
    passwords = PasswordChange(it.db, it.accounts, it.passwords, it.devices)
    identities = Identities(it.db, it.world.clock)
    return Administration(
        it.workshop, passwords, accounts.deactivation, user_data.profiles, identities
    )
