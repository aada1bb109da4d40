"""Spec: "Adding Account Administrative Contact Information".

No numbers of telephones are kept here, and addresses of e-mail (`mail_addresses`) only where this
server can send letters.
"""

from homeserver.errors import Forbidden, MatrixError
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject


class MediumNotSupported(MatrixError):
    errcode = "M_THREEPID_MEDIUM_NOT_SUPPORTED"

    def __init__(self, what: str = "phone numbers") -> None:
        super().__init__(f"This server keeps no {what}.")


class ThirdPartyIdEndpoints:
    """What holds whether letters are sent or not: nobody is bound at identity servers."""

    @route("POST", "/v3/account/3pid/msisdn/requestToken", access=Access.PUBLIC)
    async def request_token(self, request: Request) -> JsonObject:
        request.json_object()
        raise MediumNotSupported()

    @route("POST", "/v3/register/msisdn/requestToken", access=Access.PUBLIC)
    async def request_token_to_register(self, request: Request) -> JsonObject:
        request.json_object()
        raise Forbidden("This server registers nobody by phone.", errcode="M_THREEPID_DENIED")

    @route("POST", "/v3/account/password/msisdn/requestToken", access=Access.PUBLIC)
    async def request_token_to_reset(self, request: Request) -> JsonObject:
        request.json_object()
        raise MatrixError("Nobody here has this number.", errcode="M_THREEPID_NOT_FOUND")

    @route("POST", "/v3/account/3pid")
    @route("POST", "/v3/account/3pid/bind")
    async def bind(self, request: Request) -> JsonObject:
        request.json_object()
        raise Forbidden("This server works with no identity server.", errcode="M_THREEPID_DENIED")

    @route("POST", "/v3/account/3pid/unbind")
    async def unbind(self, request: Request) -> JsonObject:
        """Nothing is bound, and no identity server is known that could have bound it."""
        body = request.json_object()
        field(body, "medium", str)
        field(body, "address", str)
        return {"id_server_unbind_result": "no-support"}


class NoMailEndpoints:
    """Of a server that sends no letters."""

    @route("GET", "/v3/account/3pid")
    async def listed(self, request: Request) -> JsonObject:
        return {"threepids": []}

    @route("POST", "/v3/account/3pid/email/requestToken", access=Access.PUBLIC)
    async def request_token(self, request: Request) -> JsonObject:
        request.json_object()
        raise MediumNotSupported("addresses of e-mail")

    @route("POST", "/v3/register/email/requestToken", access=Access.PUBLIC)
    async def request_token_to_register(self, request: Request) -> JsonObject:
        request.json_object()
        raise Forbidden("This server registers nobody by e-mail.", errcode="M_THREEPID_DENIED")

    @route("POST", "/v3/account/password/email/requestToken", access=Access.PUBLIC)
    async def request_token_to_reset(self, request: Request) -> JsonObject:
        request.json_object()
        raise MatrixError("Nobody here has this address.", errcode="M_THREEPID_NOT_FOUND")

    @route("POST", "/v3/account/3pid/add")
    async def add(self, request: Request) -> JsonObject:
        request.json_object()
        raise Forbidden("This server keeps no addresses.", errcode="M_THREEPID_DENIED")

    @route("POST", "/v3/account/3pid/delete")
    async def remove(self, request: Request) -> JsonObject:
        body = request.json_object()
        field(body, "medium", str)
        field(body, "address", str)
        return {"id_server_unbind_result": "no-support"}
