"""Who of the administrators did what."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.http.request import Request
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage import admin_actions
from homeserver.storage.admin_actions import Action
from homeserver.storage.database import Database

__all__ = ["Action", "AuditLog"]

READING = ("GET", "HEAD", "OPTIONS")
TOLD = ("reason", "user_id", "new_room_user_id", "use_admin", "user_type")
"""Texts of a request's body that are no secrets; of others only numbers, yes and no are kept."""
MAX_TEXT = 500
MAX_PATH = 1000


@frozen(eq=False)
class AuditLog:
    _db: Database
    _clock: Clock

    async def note(self, by: Requester, request: Request) -> None:
        """Write down a call that is to change something, before it is begun."""
        if request.method in READING:
            return
        action = Action(
            0,
            self._clock.now_ms(),
            by.user_id,
            request.client_ip,
            request.method,
            request.path[:MAX_PATH],
            encode(details_of(request.body)).decode(),
        )
        await self._db.write(admin_actions.add, action)

    async def newest(self, before: int, limit: int) -> list[Action]:
        return await self._db.read(admin_actions.newest, before, limit)


def details_of(body: bytes) -> JsonObject:
    try:
        value = decode(body)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {
        name[:MAX_TEXT].replace("\0", ""): it[:MAX_TEXT].replace("\0", "")
        if isinstance(it, str)
        else it
        for name, it in list(value.items())[:50]
        if isinstance(it, bool | int) or (name in TOLD and isinstance(it, str))
    }
