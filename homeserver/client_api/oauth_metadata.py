"""Spec: Client-Server API, "Server metadata discovery" and "Account management URL discovery"."""

from attrs import frozen

from homeserver.client_api.oauth import DEVICE, REGISTER, REVOKE, TOKEN
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.oauth.clients import GRANT_TYPES

AUTHORIZE = "/_isthmus/oauth/authorize"
ACCOUNT = "/_isthmus/account"

ACTIONS = (
    "org.matrix.devices_list",
    "org.matrix.device_view",
    "org.matrix.device_delete",
    "org.matrix.account_deactivate",
    "org.matrix.cross_signing_reset",
)


@frozen(eq=False)
class OAuthMetadataEndpoints:
    _baseurl: str

    @route("GET", "/v1/auth_metadata", access=Access.PUBLIC)
    @route("GET", "/unstable/org.matrix.msc2965/auth_metadata", access=Access.PUBLIC)
    @route("GET", "/.well-known/oauth-authorization-server", access=Access.PUBLIC)
    @route("GET", "/.well-known/openid-configuration", access=Access.PUBLIC)
    async def metadata(self, request: Request) -> JsonObject:
        return oauth_metadata(self._baseurl)

    @route("GET", "/unstable/org.matrix.msc2965/auth_issuer", access=Access.PUBLIC)
    async def issuer(self, request: Request) -> JsonObject:
        return {"issuer": issuer_of(self._baseurl)}


def issuer_of(baseurl: str) -> str:
    return baseurl + "/"


def oauth_metadata(baseurl: str) -> JsonObject:
    return {
        "issuer": issuer_of(baseurl),
        "authorization_endpoint": baseurl + AUTHORIZE,
        "token_endpoint": baseurl + TOKEN,
        "revocation_endpoint": baseurl + REVOKE,
        "registration_endpoint": baseurl + REGISTER,
        "device_authorization_endpoint": baseurl + DEVICE,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": list(GRANT_TYPES),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "prompt_values_supported": ["create"],
        "authorization_response_iss_parameter_supported": True,
        "account_management_uri": baseurl + ACCOUNT,
        "account_management_actions_supported": list(ACTIONS),
    }
