"""OAuth 2.0 and the pages of accounts, put together."""

from homeserver.accounts_web.addresses import LINK
from homeserver.accounts_web.authorizing import ConsentPages, LinkPages
from homeserver.accounts_web.door import Door
from homeserver.accounts_web.own_account import AccountPages, DevicePages
from homeserver.accounts_web.pages import Pages
from homeserver.accounts_web.second_factors import SecondStepPages, TwoStepPages
from homeserver.accounts_web.signing_in import RegisterPages, SignInPages
from homeserver.building.foundations import Foundations
from homeserver.client_api.oauth import OAuthEndpoints
from homeserver.client_api.oauth_metadata import OAuthMetadataEndpoints, issuer_of
from homeserver.users.account_changes import Deactivation, PasswordChange
from homeserver.users.browsers import Browsers
from homeserver.users.oauth.authorization import Authorization
from homeserver.users.oauth.clients import Clients
from homeserver.users.oauth.device_grants import DeviceGrants
from homeserver.users.oauth.tokens import Tokens
from homeserver.users.registration import Registration
from homeserver.users.secrets import Secrets


def build_oauth(
    it: Foundations, registration: Registration, deactivation: Deactivation
) -> tuple[object, ...]:
    """The endpoints and pages; none where OAuth is off."""
    settings, db, clock, random = it.settings, it.db, it.world.clock, it.world.random
    if not settings.has_oauth:
        return ()
    clients = Clients(db, clock)
    grants = DeviceGrants(db, clock, random, clients, it.limits)
    authorization = Authorization(db, clock, random, clients, issuer_of(settings.baseurl))
    return (
        OAuthMetadataEndpoints(settings.baseurl),
        OAuthEndpoints(
            clients, Tokens(db, clock, it.sessions, it.devices), grants, settings.baseurl + LINK
        ),
        *build_pages(it, registration, deactivation),
        ConsentPages(door_of(it), authorization),
        LinkPages(door_of(it), grants),
    )


def build_pages(
    it: Foundations, registration: Registration, deactivation: Deactivation
) -> tuple[object, ...]:
    door = door_of(it)
    password_change = PasswordChange(it.db, it.accounts, it.passwords, it.devices)
    return (
        SignInPages(door, it.credentials, it.passwords, it.second_factors),
        RegisterPages(door, registration, it.settings.registration.terms),
        SecondStepPages(door, it.second_factors),
        TwoStepPages(door, it.second_factors, it.credentials),
        DevicePages(door, it.devices),
        AccountPages(door, it.credentials, password_change, deactivation, it.approvals),
    )


def door_of(it: Foundations) -> Door:
    is_secure = it.settings.baseurl.startswith("https:")
    browsers = Browsers(it.db, it.world.clock, it.world.random, Secrets(it.db))
    return Door(Pages(it.settings.server_name, is_secure), browsers, it.limits)
