"""Spec: Server-Server API, "Transactions"."""

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.events.ids import fits
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.rooms.incoming.transactions import Transactions

MAX_BODY = 12 * 1024 * 1024
"""Fifty events and a hundred EDUs of 64 KiB each, and what holds them together."""


@frozen(eq=False)
class TransactionEndpoints:
    _transactions: Transactions

    @route(
        "PUT",
        "/_matrix/federation/v1/send/{txn_id}",
        access=Access.SERVER,
        max_body=MAX_BODY,
    )
    async def send(self, request: Request, txn_id: str) -> Response:
        if not fits(txn_id):
            raise InvalidParam("Transaction ids may have 255 bytes.")
        return Response(
            await self._transactions.take(request.origin, txn_id, request.json_object())
        )
