"""What all of accounts stands on, put together."""

from attrs import frozen

from homeserver.accounts_web.addresses import ACCOUNT, CROSS_SIGNING
from homeserver.building.world import World
from homeserver.config.settings import Settings
from homeserver.devices.devices import Devices
from homeserver.devices.last_seen import LastSeen
from homeserver.events.ids import localpart_of
from homeserver.storage import profiles
from homeserver.storage.database import Database
from homeserver.storage.known_sessions import KnownSessions
from homeserver.storage.transaction import Transaction
from homeserver.users.accounts import Accounts
from homeserver.users.approvals import Approvals
from homeserver.users.appservices import AppServices
from homeserver.users.credentials import Credentials
from homeserver.users.passwords import Passwords
from homeserver.users.presence import Presence
from homeserver.users.rate_limits import Limits
from homeserver.users.second_factors import SecondFactors, SingleProofs
from homeserver.users.sessions import Sessions
from homeserver.users.usernames import Usernames


@frozen(kw_only=True)
class Foundations:
    """In the order in which they stand on one another."""

    settings: Settings
    world: World
    db: Database
    known: KnownSessions
    last_seen: LastSeen
    services: AppServices
    limits: Limits
    usernames: Usernames
    passwords: Passwords
    accounts: Accounts
    devices: Devices
    sessions: Sessions
    credentials: Credentials
    second_factors: SecondFactors
    single_proofs: SingleProofs
    approvals: Approvals


def lay_foundations(
    settings: Settings,
    world: World,
    db: Database,
    services: AppServices,
    presence: Presence,
) -> Foundations:
    known = KnownSessions()
    last_seen = LastSeen(db, world.clock)
    devices = Devices(db, world.clock, known, last_seen, presence.forget_device)
    accounts, passwords = Accounts(db, known, welcome), Passwords(settings.passwords, world.hashing)
    usernames = Usernames(settings.server_name, services, world.random)
    limits = Limits(settings.rate_limits, world.clock)
    return Foundations(
        settings=settings,
        world=world,
        db=db,
        known=known,
        last_seen=last_seen,
        services=services,
        limits=limits,
        usernames=usernames,
        passwords=passwords,
        accounts=accounts,
        devices=devices,
        sessions=Sessions(db, world.clock, world.random, settings.sessions, devices, known),
        credentials=Credentials(db, accounts, passwords, usernames, limits),
        second_factors=SecondFactors(db, world.clock, world.random, limits, known),
        single_proofs=SingleProofs(db, settings.baseurl + ACCOUNT),
        approvals=Approvals(db, world.clock, settings.baseurl + CROSS_SIGNING),
    )


def welcome(txn: Transaction, user_id: str, display_name: str | None) -> None:
    """A new user is called what somebody wished, or else by the first part of the user id."""
    profiles.save(txn, user_id, {"displayname": display_name or localpart_of(user_id)})
