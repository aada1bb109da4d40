"""Spec: Client-Server API, "Cross-signing"."""

from attrs import frozen

from homeserver.devices.cross_signing import CrossSigning, ProofNeeded, read_keys
from homeserver.devices.signatures import Signatures
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.approvals import Approvals
from homeserver.users.interactive_auth import InteractiveAuth


@frozen(eq=False)
class CrossSigningEndpoints:
    _cross_signing: CrossSigning
    _signatures: Signatures
    _interactive_auth: InteractiveAuth
    _approvals: Approvals

    @route("POST", "/v3/keys/device_signing/upload", "/unstable/keys/device_signing/upload")
    async def upload_keys(self, request: Request) -> JsonObject:
        body = request.json_object()
        proved = bool(request.requester.appservice)
        if body.keys() == {"auth"} and not proved:
            # The rest was in the request before, which the session remembers.
            body, proved = await self._confirm(request, body), True
        try:
            await self._upload(request, body, proved=proved)
        except ProofNeeded:
            body = await self._confirm(request, body)
            await self._upload(request, body, proved=True)
        return {}

    @route("POST", "/v3/keys/signatures/upload", "/unstable/keys/signatures/upload")
    async def upload_signatures(self, request: Request) -> JsonObject:
        failures = await self._signatures.upload(request.user_id, request.json_object())
        return {"failures": failures}

    async def _upload(self, request: Request, body: JsonObject, *, proved: bool) -> None:
        keys = read_keys(body, request.user_id)
        await self._cross_signing.upload(request.user_id, keys, proved=proved)

    async def _confirm(self, request: Request, body: JsonObject) -> JsonObject:
        flows = await self._approvals.flows(request.requester)
        confirmed = await self._interactive_auth.confirm(request, body, request.user_id, flows)
        return confirmed.body
