"""What the server does behind the scenes, as consoles list it."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.jobs import Job, Jobs, JobSearch

UPDATES = ADMIN + "/background_updates"


@frozen(eq=False)
class ScheduledWorkEndpoints:
    _jobs: Jobs

    @route("GET", ADMIN + "/scheduled_tasks", access=Access.ADMIN)
    async def listed(self, request: Request) -> JsonObject:
        search = JobSearch(
            kind=request.optional_text("action_name"),
            subject=request.optional_text("resource_id"),
            status=request.optional_text("job_status"),
            before_ts=request.integer("max_timestamp", 2**53 - 1),
        )
        return {"scheduled_tasks": [task_json(job) for job in await self._jobs.found(search)]}

    @route("GET", UPDATES + "/status", access=Access.ADMIN)
    async def updates(self, request: Request) -> JsonObject:
        """The database is brought up to date before the server answers: none is ever under way."""
        return {"enabled": True, "current_updates": {}}

    @route("GET", UPDATES + "/enabled", access=Access.ADMIN)
    async def are_on(self, request: Request) -> JsonObject:
        return {"enabled": True}

    @route("POST", UPDATES + "/enabled", access=Access.ADMIN)
    async def turn_on(self, request: Request) -> JsonObject:
        if not field(request.json_object(), "enabled", bool):
            raise InvalidParam("There are no updates in the background that could be turned off.")
        return {"enabled": True}

    @route("POST", UPDATES + "/start_job", access=Access.ADMIN)
    async def start(self, request: Request) -> JsonObject:
        name = field(request.json_object(), "job_name", str)
        raise InvalidParam(f"There is no such job: {name[:100]}.")


def task_json(job: Job) -> JsonObject:
    shown: JsonObject = {
        "id": job.id,
        "action": job.kind,
        "status": job.status,
        "timestamp_ms": job.begun_ts,
        "resource_id": job.subject,
    }
    error = job.progress.get("error")
    if error is not None:
        return {**shown, "error": error}
    return {**shown, "result": job.progress} if job.status == "complete" else shown
