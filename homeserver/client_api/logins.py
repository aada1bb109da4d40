"""What new sessions look like to clients."""

from homeserver.errors import InvalidParam
from homeserver.http.languages import preferred
from homeserver.http.request import Request, field, header
from homeserver.json_values import JsonObject
from homeserver.users.sessions import DeviceWish, Login


def device_wish(request: Request, body: JsonObject) -> DeviceWish:
    device_id = field(body, "device_id", str, None) or None
    if device_id is not None and not device_id.isprintable():
        raise InvalidParam("'device_id' has characters that cannot be shown.")
    return DeviceWish(
        device_id=device_id,
        display_name=field(body, "initial_device_display_name", str, None),
        refreshes=field(body, "refresh_token", bool, False),
        ip=request.client_ip,
        user_agent=header(request, "user-agent"),
        language=preferred(wanted) if (wanted := header(request, "accept-language")) else "",
    )


def login_json(login: Login) -> JsonObject:
    """`home_server` is deprecated, yet read by tools; without a session there is only the user."""
    answer: JsonObject = {
        "user_id": login.user_id,
        "home_server": login.user_id.partition(":")[2],
    }
    if login.access_token:
        answer |= {"access_token": login.access_token, "device_id": login.device_id}
        answer |= token_lifetime(login)
    return answer


def token_lifetime(login: Login) -> JsonObject:
    answer: JsonObject = {}
    if login.refresh_token is not None:
        answer["refresh_token"] = login.refresh_token
    if login.expires_in_ms is not None:
        answer["expires_in_ms"] = login.expires_in_ms
    return answer
