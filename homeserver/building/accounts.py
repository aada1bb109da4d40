"""Accounts, logins and devices, put together."""

from attrs import frozen

from homeserver.accounts_web.addresses import CONFIRM
from homeserver.building.account_mail import AccountMail, build_account_mail
from homeserver.building.foundations import Foundations, lay_foundations
from homeserver.building.ground import Ground
from homeserver.building.mail import MailPart
from homeserver.building.oauth import Changes, build_oauth
from homeserver.building.parts import Part
from homeserver.building.single_sign_on import sso_flow
from homeserver.building.world import World
from homeserver.client_api.account import AccountEndpoints
from homeserver.client_api.account_moderation import AccountModerationEndpoints
from homeserver.client_api.admin_registration import AdminRegistrationEndpoints
from homeserver.client_api.devices import DeviceEndpoints
from homeserver.client_api.login import LoginEndpoints, TokenEndpoints
from homeserver.client_api.mail_addresses import MailAddressEndpoints, MailProofEndpoints
from homeserver.client_api.registration import RegistrationEndpoints
from homeserver.client_api.third_party_ids import NoMailEndpoints, ThirdPartyIdEndpoints
from homeserver.client_api.well_known import client_discovery
from homeserver.client_api.whois import WhoisEndpoints
from homeserver.devices.devices import Devices
from homeserver.devices.last_seen import LastSeen
from homeserver.storage import erasure
from homeserver.users.account_changes import Deactivation, LeaveAllRooms, PasswordChange
from homeserver.users.account_moderation import AccountModeration
from homeserver.users.accounts import Accounts
from homeserver.users.approvals import OAUTH_BEFORE, Approvals
from homeserver.users.appservices import AppServices
from homeserver.users.confirmations import AgreedOnPage, Confirmations
from homeserver.users.doorkeeper import Doorkeeper
from homeserver.users.interactive_auth import OAUTH, PASSWORD, SSO, InteractiveAuth, Stage
from homeserver.users.login import LoggingIn
from homeserver.users.masquerade import Masquerade
from homeserver.users.presence import Presence
from homeserver.users.rate_limits import Limits
from homeserver.users.registration import Registration
from homeserver.users.registration_tokens import RegistrationTokens
from homeserver.users.shared_secret import SharedSecretRegistration
from homeserver.users.stages import (
    DUMMY,
    EMAIL,
    REGISTRATION_TOKEN,
    TERMS,
    Dummy,
    MailIdentity,
    Password,
    Terms,
    TokenOfRegistration,
)


@frozen(kw_only=True)
class AccountsPart(Part):
    """`endpoints` belong to the resource `client`."""

    appservices: AppServices
    accounts: Accounts
    devices: Devices
    limits: Limits
    approvals: Approvals
    doorkeeper: Doorkeeper
    interactive_auth: InteractiveAuth
    registration_tokens: RegistrationTokens
    deactivation: Deactivation
    foundations: Foundations
    mail: AccountMail | None
    endpoints: tuple[object, ...]
    _last_seen: LastSeen
    _world: World

    async def start(self) -> None:
        await self.welcome_senders()
        await self.deactivation.resume()
        self._last_seen.start()
        if self.mail is not None:
            self.mail.postman.look()

    async def welcome_senders(self) -> None:
        """Once application services have come, or changed; what was known of them is forgotten."""
        senders = {service.sender: service.id for service in self.appservices.all}
        await self.accounts.add_senders(senders, self._world.clock.now_ms())
        self.foundations.known.forget_all()

    async def stop(self) -> None:
        """Before the database is closed."""
        if self.mail is not None:
            self.mail.postman.stop()
        await self._last_seen.write()


def build_accounts(
    ground: Ground,
    services: AppServices,
    presence: Presence,
    leave_all_rooms: LeaveAllRooms,
    mail_part: MailPart | None,
) -> AccountsPart:
    settings, world, db = ground.settings, ground.world, ground.db
    it = lay_foundations(settings, world, db, services, presence)
    tokens = RegistrationTokens(
        db, world.clock, world.random, settings.registration.first_admin_token_path
    )
    password_change = PasswordChange(db, it.accounts, it.passwords, it.devices)
    mail = build_account_mail(it, mail_part, password_change)
    stages: dict[str, Stage] = {
        DUMMY: Dummy(),
        TERMS: Terms(settings.registration.terms),
        REGISTRATION_TOKEN: TokenOfRegistration(tokens),
        PASSWORD: Password(it.credentials, it.single_proofs),
        OAUTH: it.approvals,
        OAUTH_BEFORE: it.approvals,
        SSO: AgreedOnPage(settings.baseurl + CONFIRM),
    }
    if mail is not None:
        stages[EMAIL] = MailIdentity(mail.proofs, it.single_proofs)
    interactive_auth = InteractiveAuth(db, world.clock, world.random, stages, it.ways.of)
    registration = Registration(
        it.workshop,
        settings.registration,
        interactive_auth,
        tokens,
        mail.of_registration if mail else None,
    )
    masquerade = Masquerade(it.services, db, it.known, it.single_proofs)
    deactivation = Deactivation(
        db,
        it.accounts,
        it.devices,
        leave_all_rooms,
        lambda txn, user_id: erasure.begin(txn, user_id, world.clock.now_ms()),
    )
    confirmations = Confirmations(db, world.clock, interactive_auth.bodies)
    changes = Changes(password_change, deactivation, confirmations)
    return AccountsPart(
        appservices=it.services,
        accounts=it.accounts,
        devices=it.devices,
        limits=it.limits,
        approvals=it.approvals,
        doorkeeper=Doorkeeper(
            it.sessions, it.known, masquerade, it.limits, it.last_seen, world.clock
        ),
        interactive_auth=interactive_auth,
        registration_tokens=tokens,
        deactivation=deactivation,
        foundations=it,
        mail=mail,
        endpoints=(
            *ways_in(it, interactive_auth, masquerade, registration),
            *own_account(it, interactive_auth, changes, mail),
            *build_oauth(it, registration, changes, mail),
        ),
        last_seen=it.last_seen,
        world=world,
    )


def ways_in(
    it: Foundations,
    interactive_auth: InteractiveAuth,
    masquerade: Masquerade,
    registration: Registration,
) -> tuple[object, ...]:
    settings, clock = it.settings, it.world.clock
    by_secret = SharedSecretRegistration(
        it.workshop, clock, it.world.random, settings.registration.shared_secret
    )
    logging_in = LoggingIn(it.db, it.sessions, it.devices, it.credentials, it.single_proofs)
    return (
        RegistrationEndpoints(registration, masquerade),
        AdminRegistrationEndpoints(by_secret),
        LoginEndpoints(
            logging_in,
            masquerade,
            it.passwords,
            clock,
            client_discovery(settings),
            sso_flow(settings),
        ),
        TokenEndpoints(it.sessions, interactive_auth),
    )


def own_account(
    it: Foundations,
    interactive_auth: InteractiveAuth,
    changes: Changes,
    mail: AccountMail | None,
) -> tuple[object, ...]:
    moderation = AccountModeration(it.accounts, it.settings.server_name)
    return (
        AccountEndpoints(
            changes.password, changes.deactivation, interactive_auth, mail.reset if mail else None
        ),
        ThirdPartyIdEndpoints(),
        *addresses_of(mail, interactive_auth),
        DeviceEndpoints(it.devices, interactive_auth),
        AccountModerationEndpoints(moderation),
        WhoisEndpoints(it.devices, it.accounts),
    )


def addresses_of(mail: AccountMail | None, interactive_auth: InteractiveAuth) -> tuple[object, ...]:
    if mail is None:
        return (NoMailEndpoints(),)
    return (
        MailAddressEndpoints(mail.addresses, mail.adding, interactive_auth),
        MailProofEndpoints(mail.proofs),
    )
