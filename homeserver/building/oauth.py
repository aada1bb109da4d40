"""OAuth 2.0 and the pages of accounts, put together."""

from attrs import frozen

from homeserver.accounts_web.addresses import CONFIRM_SCRIPT, LINK, PASSKEY_SCRIPT, REGISTER
from homeserver.accounts_web.authorizing import ConsentPages, LinkPages
from homeserver.accounts_web.confirming import ConfirmPages, Ways
from homeserver.accounts_web.door import Door
from homeserver.accounts_web.invitations import InvitationPages
from homeserver.accounts_web.mail_addresses import MailPages, ProofPages
from homeserver.accounts_web.own_account import AccountPages, DevicePages, More
from homeserver.accounts_web.own_passkeys import PasskeyPages
from homeserver.accounts_web.pages import Pages
from homeserver.accounts_web.passkey_entrance import PasskeyEntrance
from homeserver.accounts_web.password_reset import ResetPages
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.registering import RegisterMailPages, RegisterPages
from homeserver.accounts_web.second_factors import SecondStepPages, TwoStepPages
from homeserver.accounts_web.signing_in import SignInPages, WaysIn
from homeserver.accounts_web.style import StyleEndpoints
from homeserver.building.account_mail import AccountMail
from homeserver.building.foundations import Foundations
from homeserver.building.single_sign_on import build_single_sign_on
from homeserver.client_api.oauth import OAuthEndpoints
from homeserver.client_api.oauth_metadata import OAuthMetadataEndpoints, issuer_of
from homeserver.client_api.rendezvous import (
    TaggedRendezvousEndpoints,
    TokenRendezvousEndpoints,
)
from homeserver.users.account_changes import Deactivation, PasswordChange
from homeserver.users.browsers import Browsers
from homeserver.users.confirmations import Confirmations
from homeserver.users.invitations import Invitations
from homeserver.users.oauth.authorization import Authorization
from homeserver.users.oauth.clients import Clients
from homeserver.users.oauth.device_grants import DeviceGrants
from homeserver.users.oauth.tokens import Tokens
from homeserver.users.registration import Registration
from homeserver.users.rendezvous import Rendezvous
from homeserver.users.secrets import Secrets


@frozen
class Changes:
    """What people do to their accounts for good, and agree to on the pages."""

    password: PasswordChange
    deactivation: Deactivation
    confirmations: Confirmations


def build_oauth(
    it: Foundations, registration: Registration, changes: Changes, mail: AccountMail | None
) -> tuple[object, ...]:
    """The endpoints and pages; where OAuth is off, only what letters to apps' users lead to."""
    settings, db, clock, random = it.settings, it.db, it.world.clock, it.world.random
    door = door_of(it)
    rendezvous = Rendezvous(clock, random)
    proving = (StyleEndpoints(door.pages), ProofPages(door, mail.proofs)) if mail else ()
    if not settings.has_oauth:
        return proving
    clients = Clients(db, clock)
    grants = DeviceGrants(db, clock, random, clients, it.limits)
    authorization = Authorization(db, clock, random, clients, issuer_of(settings.baseurl))
    return (
        OAuthMetadataEndpoints(settings.baseurl),
        OAuthEndpoints(
            clients, Tokens(db, clock, it.sessions, it.devices), grants, settings.baseurl + LINK
        ),
        *build_pages(it, door, registration, changes, mail),
        *(proving or (StyleEndpoints(door.pages),)),
        TaggedRendezvousEndpoints(rendezvous, settings.baseurl),
        TokenRendezvousEndpoints(rendezvous),
        ConsentPages(door, authorization),
        LinkPages(door, grants),
    )


def build_pages(
    it: Foundations,
    door: Door,
    registration: Registration,
    changes: Changes,
    mail: AccountMail | None,
) -> tuple[object, ...]:
    proving = Proving(it.credentials, it.second_factors, it.passkeys)
    others = build_single_sign_on(it, door, proving)
    of_mail: tuple[object, ...] = ()
    if mail is not None:
        of_mail = (
            MailPages(door, mail.addresses, mail.adding, mail.proofs, proving),
            RegisterMailPages(door, mail.proofs, registration),
            ResetPages(door, mail.proofs, mail.reset, it.second_factors),
        )
    invitations = Invitations(
        it.db,
        it.world.clock,
        it.world.random,
        it.settings.registration,
        it.settings.baseurl + REGISTER,
    )
    if invitations.enabled:
        of_mail = (*of_mail, InvitationPages(door, invitations))
    script_url = it.settings.baseurl + PASSKEY_SCRIPT
    more = More(mail is not None, invitations.enabled, others.visits is not None)
    can_reset = mail is not None and it.passwords.enabled
    return (
        *of_mail,
        *others.endpoints,
        SignInPages(door, it.credentials, it.passwords, WaysIn(can_reset, others.visits)),
        RegisterPages(
            door,
            registration,
            it.settings.registration.terms,
            mail.of_registration if mail else None,
            others.visits,
        ),
        SecondStepPages(door, it.second_factors, it.passkeys),
        TwoStepPages(door, it.second_factors, proving),
        ConfirmPages(
            door,
            changes.confirmations,
            it.devices,
            Ways(proving, it.external_accounts, others.visits),
            it.settings.baseurl + CONFIRM_SCRIPT,
        ),
        PasskeyEntrance(door, it.passkeys, script_url),
        PasskeyPages(door, it.passkeys, it.second_factors, proving, script_url),
        DevicePages(door, it.devices, more),
        AccountPages(door, proving, changes.password, changes.deactivation, it.approvals),
    )


def door_of(it: Foundations) -> Door:
    is_secure = it.settings.baseurl.startswith("https:")
    browsers = Browsers(it.db, it.world.clock, it.world.random, Secrets(it.db))
    return Door(Pages(it.settings.server_name, is_secure), browsers, it.limits, it.guesses)
