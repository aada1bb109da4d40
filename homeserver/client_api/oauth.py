"""Spec: Client-Server API, "OAuth 2.0 API": all of it that apps call."""

from attrs import frozen

from homeserver.errors import InvalidParam, MatrixError
from homeserver.http.forms import form_of
from homeserver.http.request import Request, header
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject, encode
from homeserver.users.oauth.clients import CODE, DEVICE_CODE, REFRESH, Client, Clients
from homeserver.users.oauth.device_grants import LIFETIME_MS, DeviceGrants
from homeserver.users.oauth.errors import OAuthError, invalid_request
from homeserver.users.oauth.tokens import POLL_SECONDS, Exchange, Tokens
from homeserver.users.sessions import Login

REGISTER = "/_isthmus/oauth/register"
TOKEN = "/_isthmus/oauth/token"
REVOKE = "/_isthmus/oauth/revoke"
DEVICE = "/_isthmus/oauth/device"
MAX_METADATA = 16 * 1024
MAX_FORM = 8 * 1024


@frozen(eq=False)
class OAuthEndpoints:
    _clients: Clients
    _tokens: Tokens
    _device_grants: DeviceGrants
    _device_page: str
    """Where users type the code of a device."""

    @route("POST", REGISTER, access=Access.PUBLIC, cost="oauth", max_body=MAX_METADATA)
    async def register(self, request: Request) -> Response:
        try:
            wish = request.json_object()
        except MatrixError as error:
            raise OAuthError("invalid_client_metadata", error.message) from None
        client = await self._clients.register(wish)
        return uncached({"client_id": client.id, **client.metadata}, 201)

    @route("POST", TOKEN, access=Access.PUBLIC, cost="oauth", max_body=MAX_FORM)
    async def token(self, request: Request) -> Response:
        form = fields(request)
        client = await self._clients.find(wanted(form, "client_id"))
        login, scope = await self._granted(request, form, client)
        answer: JsonObject = {
            "access_token": login.access_token,
            "token_type": "Bearer",
            "refresh_token": login.refresh_token,
        }
        if login.expires_in_ms is not None:
            answer["expires_in"] = login.expires_in_ms // 1000
        return uncached({**answer, "scope": scope} if scope else answer)

    @route("POST", REVOKE, access=Access.PUBLIC, cost="oauth", max_body=MAX_FORM)
    async def revoke(self, request: Request) -> Response:
        await self._tokens.revoke(wanted(fields(request), "token"))
        return uncached({})

    @route("POST", DEVICE, access=Access.PUBLIC, cost="oauth", max_body=MAX_FORM)
    async def device(self, request: Request) -> Response:
        form = fields(request)
        device_code, user_code = await self._device_grants.begin(
            wanted(form, "client_id"), wanted(form, "scope")
        )
        return uncached(
            {
                "device_code": device_code,
                "user_code": user_code,
                "verification_uri": self._device_page,
                "verification_uri_complete": f"{self._device_page}?user_code={user_code}",
                "expires_in": LIFETIME_MS // 1000,
                "interval": POLL_SECONDS,
            }
        )

    async def _granted(
        self, request: Request, form: dict[str, str], client: Client
    ) -> tuple[Login, str]:
        grant_type = wanted(form, "grant_type")
        ip, user_agent = request.client_ip, header(request, "user-agent")
        if grant_type == REFRESH:
            return await self._tokens.for_refresh(client, wanted(form, "refresh_token")), ""
        if grant_type == DEVICE_CODE:
            device_code = wanted(form, "device_code")
            return await self._tokens.for_device(client, device_code, ip, user_agent)
        if grant_type != CODE:
            raise OAuthError("unsupported_grant_type", "This server does not know this grant type.")
        exchange = Exchange(
            code=wanted(form, "code"),
            redirect_uri=wanted(form, "redirect_uri"),
            verifier=wanted(form, "code_verifier"),
            ip=ip,
            user_agent=user_agent,
        )
        return await self._tokens.for_code(client, exchange)


def fields(request: Request) -> dict[str, str]:
    try:
        return form_of(request)
    except InvalidParam as error:
        raise invalid_request(error.message) from None


def wanted(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise invalid_request(f"'{name}' is missing.")
    return form[name]


def uncached(answer: JsonObject, status: int = 200) -> Response:
    headers = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
    return Response(encode(answer), status, headers=headers)
