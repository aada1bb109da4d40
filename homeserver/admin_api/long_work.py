"""Rooms are deleted, what users said is redacted: work that takes long, and how far it is."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.errors import BadJson, InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.jobs import Job, Jobs
from homeserver.rooms.shutdown import KIND as SHUTDOWN
from homeserver.rooms.shutdown import Shutdown
from homeserver.rooms.user_redactions import KIND as REDACTION
from homeserver.rooms.user_redactions import UserRedactions

ROOMS_V2 = "/_synapse/admin/v2/rooms"
MESSAGE = "The administrators of this server have ended this conversation."
MAX_REDACTIONS, MAX_ROOMS, MAX_TEXT = 100_000, 10_000, 1000


@frozen(eq=False)
class LongWorkEndpoints:
    _jobs: Jobs
    _shutdown: Shutdown
    _redactions: UserRedactions

    @route("DELETE", ADMIN + "/rooms/{room_id}", access=Access.ADMIN)
    async def delete_now(self, request: Request, room_id: str) -> JsonObject:
        job = await self._jobs.finish(
            await self._shutdown.begin(room_id, shutdown_wish(request, force=False))
        )
        return shutdown_json(job)

    @route("DELETE", ROOMS_V2 + "/{room_id}", access=Access.ADMIN)
    async def delete(self, request: Request, room_id: str) -> JsonObject:
        job = await self._shutdown.begin(room_id, shutdown_wish(request, force=True))
        return {"delete_id": self._jobs.run(job)}

    @route("GET", ROOMS_V2 + "/{room_id}/delete_status", access=Access.ADMIN)
    async def deletions(self, request: Request, room_id: str) -> JsonObject:
        found = await self._jobs.of_subject(SHUTDOWN, room_id)
        return {"results": [deletion_json(job) for job in found]}

    @route("GET", ROOMS_V2 + "/delete_status/{delete_id}", access=Access.ADMIN)
    async def deletion(self, request: Request, delete_id: str) -> JsonObject:
        return deletion_json(await self._jobs.find(SHUTDOWN, delete_id))

    @route("POST", ADMIN + "/user/{user_id}/redact", access=Access.ADMIN)
    async def redact(self, request: Request, user_id: str) -> JsonObject:
        wish = redaction_wish(request.user_id, request.json_object())
        return {"redact_id": await self._redactions.begin(user_id, wish)}

    @route("GET", ADMIN + "/user/redact_status/{redact_id}", access=Access.ADMIN)
    async def redaction(self, request: Request, redact_id: str) -> JsonObject:
        job = await self._jobs.find(REDACTION, redact_id)
        return {
            "status": job.status,
            "failed_redactions": job.progress.get("failed_redactions", {}),
            "total_redactions": job.progress.get("total_redactions", 0),
        }


def shutdown_wish(request: Request, *, force: bool) -> JsonObject:
    body = request.json_object_or_empty()
    return {
        "by": request.user_id,
        "new_room_user_id": field(body, "new_room_user_id", str, None),
        "room_name": field(body, "room_name", str, "Content Violation Notification")[:MAX_TEXT],
        "message": field(body, "message", str, MESSAGE)[:MAX_TEXT],
        "block": field(body, "block", bool, False),
        "purge": field(body, "purge", bool, True),
        "force_purge": force and field(body, "force_purge", bool, False),
    }


def shutdown_json(job: Job) -> JsonObject:
    progress = job.progress
    return {
        "kicked_users": progress.get("kicked_users", []),
        "failed_to_kick_users": progress.get("failed_to_kick_users", []),
        "local_aliases": progress.get("local_aliases", []),
        "new_room_id": progress.get("new_room_id"),
    }


def deletion_json(job: Job) -> JsonObject:
    shown: JsonObject = {
        "delete_id": job.id,
        "room_id": job.subject,
        "status": job.status,
        "shutdown_room": shutdown_json(job),
    }
    return {**shown, "error": job.progress["error"]} if "error" in job.progress else shown


def redaction_wish(by: str, body: JsonObject) -> JsonObject:
    rooms, limit = field(body, "rooms", list, []), field(body, "limit", int, 1000)
    if not all(isinstance(room, str) for room in rooms) or len(rooms) > MAX_ROOMS:
        raise BadJson("'rooms' must be an array of room ids.")
    if not 0 < limit <= MAX_REDACTIONS:
        raise InvalidParam(f"'limit' must be between 1 and {MAX_REDACTIONS}.")
    return {
        "by": by,
        "rooms": rooms,
        "reason": field(body, "reason", str, "")[:MAX_TEXT],
        "limit": limit,
        "before_ts": field(body, "before_ts", int, None),
        "after_ts": field(body, "after_ts", int, None),
        "use_admin": field(body, "use_admin", bool, False),
    }
