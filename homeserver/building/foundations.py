"""What all of accounts stands on, put together."""

from attrs import frozen

from homeserver.accounts_web.addresses import ACCOUNT, CROSS_SIGNING
from homeserver.building.world import World
from homeserver.config.settings import Settings
from homeserver.devices.devices import Devices
from homeserver.devices.last_seen import LastSeen
from homeserver.events.ids import localpart_of
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_tls import Trust
from homeserver.peers.ldap_directory import LdapDirectory, load_library
from homeserver.storage import profiles
from homeserver.storage.database import Database
from homeserver.storage.known_sessions import KnownSessions
from homeserver.storage.transaction import Transaction
from homeserver.users.accounts import Accounts
from homeserver.users.approvals import Approvals
from homeserver.users.appservices import AppServices
from homeserver.users.breached_passwords import BreachedPasswords
from homeserver.users.challenges import Challenges
from homeserver.users.credentials import Credentials
from homeserver.users.guesses import Guesses
from homeserver.users.passkeys import Passkeys
from homeserver.users.passwords import Passwords
from homeserver.users.presence import Presence
from homeserver.users.rate_limits import Limits
from homeserver.users.registration import Workshop
from homeserver.users.second_factors import SecondFactors, SingleProofs
from homeserver.users.secrets import Secrets
from homeserver.users.sessions import Sessions
from homeserver.users.sso.directory_login import DirectoryLogin
from homeserver.users.sso.external_accounts import ExternalAccounts
from homeserver.users.usernames import Usernames
from homeserver.users.ways_to_prove import WaysToProve
from homeserver.users.webauthn import Site


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
    guesses: Guesses
    usernames: Usernames
    passwords: Passwords
    accounts: Accounts
    devices: Devices
    sessions: Sessions
    workshop: Workshop
    external_accounts: ExternalAccounts
    credentials: Credentials
    second_factors: SecondFactors
    single_proofs: SingleProofs
    passkeys: Passkeys
    ways: WaysToProve
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
    accounts = Accounts(db, known, welcome)
    passwords = Passwords(settings.passwords, world.hashing, published_passwords(settings, world))
    usernames = Usernames(settings.server_name, services, world.random)
    limits = Limits(settings.rate_limits, world.clock)
    guesses = Guesses(db, limits, Secrets(db))
    sessions = Sessions(db, world.clock, world.random, settings.sessions, devices, known)
    workshop = Workshop(
        db=db,
        clock=world.clock,
        usernames=usernames,
        passwords=passwords,
        accounts=accounts,
        sessions=sessions,
    )
    external_accounts = ExternalAccounts(workshop)
    ways = WaysToProve(db, settings.has_oauth and settings.single_sign_on.old_apps)
    return Foundations(
        settings=settings,
        world=world,
        db=db,
        known=known,
        last_seen=last_seen,
        services=services,
        limits=limits,
        guesses=guesses,
        usernames=usernames,
        passwords=passwords,
        accounts=accounts,
        devices=devices,
        sessions=sessions,
        workshop=workshop,
        external_accounts=external_accounts,
        credentials=Credentials(
            db,
            accounts,
            passwords,
            usernames,
            guesses,
            directory_login(settings, world, workshop, external_accounts),
        ),
        second_factors=SecondFactors(db, world.clock, world.random, guesses, known),
        passkeys=Passkeys(
            db,
            world.clock,
            known,
            Challenges(world.clock, world.random, Secrets(db)),
            Site.of(settings.baseurl),
        ),
        single_proofs=SingleProofs(db, settings.baseurl + ACCOUNT),
        ways=ways,
        approvals=Approvals(db, world.clock, ways.of, settings.baseurl + CROSS_SIGNING),
    )


def directory_login(
    settings: Settings, world: World, workshop: Workshop, external_accounts: ExternalAccounts
) -> DirectoryLogin | None:
    """None where there is no directory. Its library takes memory that only then is worth it."""
    wanted = settings.single_sign_on.ldap
    if wanted.uri is None:
        return None
    directory = LdapDirectory(wanted, load_library())
    return DirectoryLogin(
        directory, workshop, external_accounts, world.directory, wanted.makes_accounts
    )


def published_passwords(settings: Settings, world: World) -> BreachedPasswords | None:
    wanted = settings.passwords
    if wanted.breached_list_path is None and wanted.breached_range_url is None:
        return None
    client = named_client(settings, world) if wanted.breached_range_url else None
    return BreachedPasswords(
        wanted.breached_list_path, wanted.breached_range_url, client, world.files
    )


def named_client(settings: Settings, world: World) -> Client:
    """The door to services whose addresses stand in the settings: they may be anywhere."""
    trust = Trust(settings.federation.custom_ca_paths)
    connections = Connections(world.reactor, world.dns, AddressRules(()), trust)
    return Client(world.reactor, world.clock, connections)


def welcome(txn: Transaction, user_id: str, display_name: str | None) -> None:
    """A new user is called what somebody wished, or else by the first part of the user id."""
    profiles.save(txn, user_id, {"displayname": display_name or localpart_of(user_id)})
