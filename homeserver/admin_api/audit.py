"""What administrators did, for administrators; and which server this is."""

from attrs import frozen

from homeserver.admin_api.fields import PAGE
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject, decode
from homeserver.users.audit_log import Action, AuditLog

ACTIONS = "/_isthmus/admin/v1/actions"


@frozen(eq=False)
class AuditEndpoints:
    _audit: AuditLog
    _version: str

    @route("GET", ACTIONS, access=Access.ADMIN)
    async def newest(self, request: Request) -> JsonObject:
        """Newest first; `from` is the `next_token` of the page before."""
        limit = request.integer("limit", PAGE, minimum=1, maximum=1000)
        found = await self._audit.newest(request.integer("from", 2**53 - 1), limit)
        page: JsonObject = {"actions": [action_json(action) for action in found]}
        if len(found) == limit:
            page["next_token"] = str(found[-1].id)
        return page

    @route("GET", "/_synapse/admin/v1/server_version", access=Access.PUBLIC)
    async def server_version(self, request: Request) -> JsonObject:
        return {"server_version": self._version}


def action_json(action: Action) -> JsonObject:
    return {
        "id": action.id,
        "ts": action.ts,
        "admin": action.admin,
        "ip": action.ip,
        "method": action.method,
        "path": action.path,
        "details": decode(action.details),
    }
