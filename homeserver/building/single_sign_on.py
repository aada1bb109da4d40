"""Signing in through others, put together."""

from attrs import frozen

from homeserver.accounts_web.addresses import (
    CONFIRM,
    FOR_APPS,
    REGISTER,
    SIGN_IN,
    SSO_CALLBACK,
    SSO_START,
)
from homeserver.accounts_web.door import Door
from homeserver.accounts_web.for_apps import ForAppsPages
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.single_sign_on import ConnectionPages, SsoPages
from homeserver.building.foundations import Foundations, named_client
from homeserver.client_api.sso import Places, SsoEndpoints
from homeserver.client_api.sso_logout import SsoLogoutEndpoints
from homeserver.config.settings import Settings
from homeserver.json_values import JsonObject
from homeserver.peers.openid_providers import OpenIdProvider
from homeserver.users.login import WholeLoginTokens
from homeserver.users.sso.external_accounts import ExternalAccounts
from homeserver.users.sso.logouts import Logouts
from homeserver.users.sso.visits import SsoVisits


@frozen(kw_only=True)
class SingleSignOn:
    """`visits` is None where there are no providers."""

    visits: SsoVisits | None
    endpoints: tuple[object, ...]


def build_single_sign_on(it: Foundations, door: Door, proving: Proving) -> SingleSignOn:
    settings = it.settings.single_sign_on
    accounts = it.external_accounts
    visits = visits_of(it, accounts)
    endpoints: tuple[object, ...] = ()
    if visits is not None:
        terms = it.settings.registration.terms
        endpoints = (
            SsoPages(door, visits, terms),
            ConnectionPages(door, visits, accounts, proving),
            *logouts_of(it, visits),
        )
    if settings.old_apps:
        places = Places(SIGN_IN, REGISTER, SSO_START, FOR_APPS, CONFIRM)
        ids = frozenset(visits.providers if visits else ())
        tokens = WholeLoginTokens(it.db, it.world.clock, it.world.random, it.settings.sessions)
        endpoints = (
            *endpoints,
            SsoEndpoints(it.settings.baseurl, places, ids),
            ForAppsPages(door, tokens, settings.trusted_apps),
        )
    return SingleSignOn(visits=visits, endpoints=endpoints)


def logouts_of(it: Foundations, visits: SsoVisits) -> tuple[object, ...]:
    chosen = {id: one for id, one in visits.providers.items() if one.settings.ends_sessions}
    if not chosen:
        return ()
    return (SsoLogoutEndpoints(Logouts(it.db, it.world.clock, it.devices, chosen)),)


def visits_of(it: Foundations, accounts: ExternalAccounts) -> SsoVisits | None:
    wanted = it.settings.single_sign_on.openid
    if not wanted:
        return None
    client, base = named_client(it.settings, it.world), it.settings.baseurl + SSO_CALLBACK
    providers = {
        one.id: OpenIdProvider(one, client, it.world.clock, f"{base}/{one.id}") for one in wanted
    }
    return SsoVisits(it.db, it.world.clock, it.world.random, accounts, providers)


def sso_flow(settings: Settings) -> JsonObject | None:
    """What apps are told of it. Spec: "m.login.sso flow schema"; MSC3824 for the second name."""
    if not settings.has_oauth or not settings.single_sign_on.old_apps:
        return None
    flow: JsonObject = {
        "type": "m.login.sso",
        "oauth_aware_preferred": True,
        "org.matrix.msc3824.delegated_oidc_compatibility": True,
    }
    providers = [
        {
            "id": it.id,
            "name": it.name,
            **({"icon": it.icon} if it.icon else {}),
            **({"brand": it.brand} if it.brand else {}),
        }
        for it in settings.single_sign_on.openid
    ]
    return {**flow, "identity_providers": providers} if providers else flow
