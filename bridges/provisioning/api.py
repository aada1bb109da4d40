"""The HTTP of it: paths under /_matrix/provision/v3, a shared secret, and whom it is for."""

import hmac
import json
from collections.abc import Awaitable, Callable

from aiohttp import web
from attrs import frozen

from bridges.kit.chats import Found
from bridges.kit.failures import NetworkFailure, Transient
from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.portals.bridge import Bridge
from bridges.portals.permissions import Level, Permissions
from bridges.portals.sessions import Running
from bridges.provisioning.steps import Processes, StillWaiting, WrongStep
from bridges.storage import places

PREFIX = "/_matrix/provision/v3"
MAX_BODY = 100_000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    def __init__(self, status: int, errcode: str, error: str) -> None:
        super().__init__(error)
        self.status, self.errcode = status, errcode


@frozen
class Provisioning:
    _bridge: Bridge
    _permissions: Permissions
    _secret: str
    _processes: Processes

    def application(self) -> web.Application:
        app = web.Application(middlewares=[answering, self._authorize])
        app.router.add_get("/whoami", self._whoami)
        app.router.add_get("/login/flows", self._flows)
        app.router.add_get("/logins", self._logins)
        app.router.add_post("/login/start/{flow}", self._start)
        app.router.add_post("/login/step/{process}/{step}/{kind}", self._step)
        app.router.add_post("/login/cancel/{process}", self._cancel)
        app.router.add_post("/logout/{login}", self._logout)
        app.router.add_get("/contacts", self._contacts)
        app.router.add_post("/search_users", self._search)
        app.router.add_get("/resolve_identifier/{identifier}", self._resolve)
        app.router.add_post("/create_dm/{identifier}", self._create_dm)
        app.router.add_post("/create_group", self._create_group)
        app.router.add_post("/create_group/{type}", self._create_group)
        return app

    @web.middleware
    async def _authorize(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            raise Refused(401, "M_MISSING_TOKEN", "Send the bridge's `provisioning_secret`.")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise Refused(403, "M_FORBIDDEN", "That is not the `provisioning_secret`.")
        if self._permissions.level(user_of(request)) < Level.USER:
            raise Refused(403, "M_FORBIDDEN", "This user may not log in to the bridge.")
        return await handler(request)

    # Who and how

    async def _whoami(self, request: web.Request) -> web.Response:
        user_id, ground = user_of(request), self._bridge.ground
        info = ground.network.info
        room_id = await ground.db.write(places.management_room_of, user_id)
        known = {"displayname": info.name, "network_id": info.id, "network_url": info.url}
        return web.json_response(
            {
                "network": known | {"default_command_prefix": info.command_prefix},
                "login_flows": self._known_flows(),
                "homeserver": ground.names.domain,
                "bridge_bot": ground.names.bot,
                "command_prefix": info.command_prefix,
                "management_room": room_id,
                "logins": [as_login(it) for it in self._bridge.sessions.of_user(user_id)],
            }
        )

    def _known_flows(self) -> list[JsonObject]:
        flows = self._bridge.ground.network.flows
        return [{"id": it.id, "name": it.name, "description": it.name} for it in flows]

    async def _flows(self, request: web.Request) -> web.Response:
        return web.json_response({"flows": self._known_flows()})

    async def _logins(self, request: web.Request) -> web.Response:
        mine = self._bridge.sessions.of_user(user_of(request))
        return web.json_response({"login_ids": [it.login.login_id for it in mine]})

    # Logging in and out

    async def _start(self, request: web.Request) -> web.Response:
        flow = self._bridge.entrance.flow(request.match_info["flow"])
        if flow is None:
            raise Refused(404, "M_NOT_FOUND", "There is no such way to log in.")
        process = self._processes.start(user_of(request), flow)
        return await self._next(process.user_id, process.screen.process_id, "")

    async def _step(self, request: web.Request) -> web.Response:
        user_id, words = user_of(request), request.match_info
        process = self._processes.find(user_id, words["process"])
        given = await body_of(request) if request.can_read_body else {}
        process.screen.answer(words["step"], words["kind"], given)
        return await self._next(user_id, words["process"], words["step"])

    async def _next(self, user_id: str, process_id: str, step_id: str) -> web.Response:
        process = self._processes.find(user_id, process_id)
        try:
            step = await process.step_after(step_id)
        except NetworkFailure:
            self._processes.forget(process)
            raise
        if step["type"] == "complete":
            self._processes.forget(process)
        return web.json_response(step)

    async def _cancel(self, request: web.Request) -> web.Response:
        self._processes.cancel(user_of(request), request.match_info["process"])
        return web.json_response({})

    async def _logout(self, request: web.Request) -> web.Response:
        login_id, sessions = request.match_info["login"], self._bridge.sessions
        mine = sessions.of_user(user_of(request))
        wanted = [it for it in mine if login_id in ("all", it.login.login_id)]
        if not wanted and login_id != "all":
            raise Refused(404, "M_NOT_FOUND", "The user has no such login.")
        for running in wanted:
            await self._bridge.succession.log_out(running)
        return web.json_response({})

    # People and chats

    def _own(self, request: web.Request) -> Running:
        return self._bridge.reception.own(user_of(request), request.query.get("login_id", ""))

    async def _contacts(self, request: web.Request) -> web.Response:
        found = await self._bridge.reception.contacts(self._own(request))
        return web.json_response({"contacts": [self._shown(it) for it in found]})

    async def _search(self, request: web.Request) -> web.Response:
        words = (await body_of(request)).get("query")
        if not isinstance(words, str):
            raise Refused(400, "M_BAD_JSON", "`query` must be a text.")
        found = await self._bridge.reception.search(self._own(request), words)
        return web.json_response({"results": [self._shown(it) for it in found]})

    async def _resolve(self, request: web.Request) -> web.Response:
        identifier = request.match_info["identifier"]
        found = await self._bridge.reception.search(self._own(request), identifier)
        if not found:
            raise Refused(404, "M_NOT_FOUND", "There is nobody of this name.")
        return web.json_response(self._shown(found[0]))

    async def _create_dm(self, request: web.Request) -> web.Response:
        identifier = request.match_info["identifier"]
        portal = await self._bridge.reception.open(self._own(request), identifier)
        return web.json_response({"id": identifier, "dm_room_mxid": portal.room_id})

    async def _create_group(self, request: web.Request) -> web.Response:
        asked = await body_of(request)
        name, users = asked.get("name", ""), asked.get("participants", [])
        name = name.get("name") if isinstance(name, dict) else name
        if not isinstance(name, str) or not is_texts(users):
            raise Refused(400, "M_BAD_JSON", "`name` is a text, `participants` a list of ids.")
        portal = await self._bridge.reception.make_group(self._own(request), name, tuple(users))
        return web.json_response({"id": portal.chat.id, "mxid": portal.room_id})

    def _shown(self, found: Found) -> JsonObject:
        mxid = "" if found.is_chat else self._bridge.ground.names.ghost(found.id)
        known = {"id": found.id, "name": found.name, "identifiers": []}
        return known | ({"mxid": mxid} if mxid else {})


@web.middleware
async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What goes wrong is said as Matrix says it."""
    try:
        return await handler(request)
    except (Refused, WrongStep, StillWaiting, NetworkFailure, MatrixError) as error:
        status, errcode = named(error)
        return refusal(status, errcode, str(error))
    except web.HTTPException as error:
        known = {404: "M_UNRECOGNIZED", 405: "M_UNRECOGNIZED", 413: "M_TOO_LARGE"}
        return refusal(error.status, known.get(error.status, "M_UNKNOWN"), f"{error.reason}.")


def named(error: Exception) -> tuple[int, str]:
    match error:
        case Refused() | MatrixError():
            return error.status if isinstance(error, Refused) else 502, error.errcode
        case WrongStep():
            return 404, "M_NOT_FOUND"
        case StillWaiting():
            return 408, "M_UNKNOWN"
        case Transient():
            return 503, "M_UNKNOWN"
        case _:
            return 400, "M_UNKNOWN"


def refusal(status: int, errcode: str, error: str) -> web.Response:
    return web.json_response({"errcode": errcode, "error": error}, status=status)


def user_of(request: web.Request) -> str:
    user_id = request.query.get("user_id", "")
    if not user_id.startswith("@") or ":" not in user_id:
        raise Refused(400, "M_MISSING_PARAM", "`user_id` says for whom.")
    return user_id


async def body_of(request: web.Request) -> JsonObject:
    if (request.content_length or 0) > MAX_BODY:
        raise Refused(413, "M_TOO_LARGE", f"The body is larger than {MAX_BODY:,} bytes.")
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        raise Refused(400, "M_NOT_JSON", "The body is no JSON.") from None
    if not isinstance(body, dict):
        raise Refused(400, "M_BAD_JSON", "The body must be an object.")
    return body


def is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(it, str) for it in value)


def as_login(running: Running) -> JsonObject:
    login = running.login
    return {"id": login.login_id, "name": login.name, "state": {"state_event": running.event}}
