"""Spec: "Adding Account Administrative Contact Information", for addresses of e-mail."""

from attrs import frozen

from homeserver.http.languages import preferred
from homeserver.http.request import Request, field, header
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.adding_mail import AddingMail
from homeserver.users.interactive_auth import InteractiveAuth
from homeserver.users.mail_addresses import MailAddresses
from homeserver.users.mail_proofs import ADD, REGISTER, RESET, MailProofs, Question

MEDIUM = "email"


@frozen(eq=False)
class MailAddressEndpoints:
    _addresses: MailAddresses
    _adding: AddingMail
    _interactive_auth: InteractiveAuth

    @route("GET", "/v3/account/3pid")
    async def listed(self, request: Request) -> JsonObject:
        found = await self._addresses.of_user(request.user_id)
        return {
            "threepids": [
                {
                    "medium": MEDIUM,
                    "address": it.address,
                    "validated_at": it.validated_ts,
                    "added_at": it.added_ts,
                }
                for it in found
            ]
        }

    @route("POST", "/v3/account/3pid/add", cost="login_account")
    async def add(self, request: Request) -> JsonObject:
        body = request.json_object()
        field(body, "sid", str)
        field(body, "client_secret", str)
        confirmed = await self._interactive_auth.confirm(request, body, request.user_id)
        id: str = field(confirmed.body, "sid", str)
        secret: str = field(confirmed.body, "client_secret", str)
        await self._adding.by_app(request.user_id, id, secret, language_of(request))
        return {}

    @route("POST", "/v3/account/3pid/delete")
    async def remove(self, request: Request) -> JsonObject:
        body = request.json_object()
        medium: str = field(body, "medium", str)
        address: str = field(body, "address", str)
        if medium == MEDIUM:
            await self._addresses.remove(request.user_id, address, language_of(request))
        return {"id_server_unbind_result": "no-support"}


@frozen(eq=False)
class MailProofEndpoints:
    """The answer is the same whether the address is known or not; the letters differ."""

    _proofs: MailProofs

    @route("POST", "/v3/account/3pid/email/requestToken", access=Access.PUBLIC, cost="mail_proof")
    async def to_add(self, request: Request) -> JsonObject:
        return await self._ask(request, ADD)

    @route("POST", "/v3/register/email/requestToken", access=Access.PUBLIC, cost="mail_proof")
    async def to_register(self, request: Request) -> JsonObject:
        return await self._ask(request, REGISTER)

    @route(
        "POST",
        "/v3/account/password/email/requestToken",
        access=Access.PUBLIC,
        cost="mail_proof",
    )
    async def to_reset(self, request: Request) -> JsonObject:
        return await self._ask(request, RESET)

    async def _ask(self, request: Request, purpose: str) -> JsonObject:
        body = request.json_object()
        question = Question(
            purpose=purpose,
            address=field(body, "email", str),
            language=language_of(request),
            secret=field(body, "client_secret", str),
            attempt=field(body, "send_attempt", int),
            next_link=field(body, "next_link", str, None) or "",
        )
        return {"sid": await self._proofs.ask(question)}


def language_of(request: Request) -> str:
    return preferred(header(request, "accept-language"))
