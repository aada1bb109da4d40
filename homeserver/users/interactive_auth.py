"""Operations that need more proof than a token.

Spec: Client-Server API, "User-Interactive Authentication API".
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Protocol

import orjson
from attrs import define, evolve, frozen
from attrs import field as attribute

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import Forbidden, LimitExceeded, MatrixError
from homeserver.http.request import Request, field
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.randomness import Random
from homeserver.storage import interactive_auth as stored
from homeserver.storage.database import Database
from homeserver.storage.interactive_auth import InteractiveSession
from homeserver.users.guesses import Place

PASSWORD = "m.login.password"
SSO = "m.login.sso"
OAUTH = "m.oauth"
LIFETIME_MS = 24 * 3600 * 1000
MAX_BODIES = 1000
MAX_BODY_BYTES = 16 * 1024

Flows = Sequence[Sequence[str]]
BY_PASSWORD: Flows = ((PASSWORD,),)

Ways = Callable[[str], Awaitable[Flows]]
"""How a user can prove who it is; nobody's user id is empty."""


class Stage(Protocol):
    """One way to prove something."""

    def params(self) -> JsonObject | None:
        """What clients must know before they try."""

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        """What was proved, as JSON; raises MatrixError. `user_id` may be empty: nobody yet."""


class InteractionRequired(MatrixError):
    """Which stages there are, which are done, and what was wrong with this attempt."""

    status = 401

    def __init__(self, state: JsonObject, problem: MatrixError | None) -> None:
        super().__init__(problem.message if problem else "More authentication is needed.")
        self._state = state
        self._problem = problem

    def body(self) -> JsonObject:
        return {**(self._problem.body() if self._problem else {}), **self._state}


class NoSuchStage(MatrixError):
    errcode = "M_UNRECOGNIZED"

    def __init__(self, flows: Flows) -> None:
        is_by_browser = (SSO,) in flows or (OAUTH,) in flows
        why = " Where there is a second factor or a provider, it takes the browser."
        super().__init__("No flow of this account has this stage." + why * is_by_browser)


@frozen
class Confirmed:
    """What is to be done, and what each completed stage has proved.

    `session` is still to be ended; it is empty where one request did all.
    """

    body: JsonObject
    completed: dict[str, JsonValue]
    session: str


@define(eq=False)
class Bodies:
    """What was asked for, for clients that come back with nothing but a session.

    They hold passwords, so they are kept in memory only.
    """

    _of: dict[str, JsonObject] = attribute(factory=dict)

    def find(self, session: str) -> JsonObject | None:
        return self._of.get(session)

    def keep(self, session: str, body: JsonObject) -> None:
        while len(self._of) >= MAX_BODIES:
            del self._of[next(iter(self._of))]
        if len(encode(body)) <= MAX_BODY_BYTES:
            self._of[session] = body

    def forget(self, session: str) -> None:
        self._of.pop(session, None)


@frozen(eq=False)
class InteractiveAuth:
    _db: Database
    _clock: Clock
    _random: Random
    _stages: Mapping[str, Stage]
    ways: Ways
    bodies: Bodies = attribute(factory=Bodies)

    async def confirm(
        self, request: Request, body: JsonObject, user_id: str, flows: Flows | None = None
    ) -> Confirmed:
        """Let one operation pass, once; raises InteractionRequired until all of a flow is done.

        Without `flows` it is as its user can prove who it is.
        """
        flows = await self.ways(user_id) if flows is None else flows
        confirmed = await self.check(request, body, user_id, flows)
        if confirmed.session and not await self._db.write(stored.remove, confirmed.session):
            raise used_already()
        self.bodies.forget(confirmed.session)
        return confirmed

    async def check(
        self,
        request: Request,
        body: JsonObject,
        user_id: str,
        flows: Flows,
        *,
        may_change: bool = False,
    ) -> Confirmed:
        """`confirm` for operations that end the session themselves, in their own transaction.

        Once a stage is done the request must stay what it was, unless it `may_change`.
        """
        auth: JsonObject = field(body, "auth", dict, {})
        operation = f"{request.method} {request.path}"
        known = await self._resume(auth, operation, user_id)
        session = known or self._new(operation, user_id)
        wanted = {name: value for name, value in body.items() if name != "auth"}
        wanted = wanted or self.bodies.find(session.id) or wanted
        place = Place(request.client_ip)
        session, problem = await self._attempt(session, known is None, auth, wanted, flows, place)
        if problem is None and is_done(session, flows):
            if not may_change and session.request != digest(wanted):
                raise Forbidden("The request is not the one that was authenticated. Begin again.")
            return Confirmed(wanted, session.completed, known.id if known else "")
        await self._keep(session, known, wanted)
        raise self._required(session, flows, problem)

    # -- inside

    async def _resume(
        self, auth: JsonObject, operation: str, user_id: str
    ) -> InteractiveSession | None:
        id = field(auth, "session", str, None)
        if id is None or "\0" in id:
            return None
        oldest_ts = self._clock.now_ms() - LIFETIME_MS
        session = await self._db.glance(stored.find, id, oldest_ts)
        if session is None or (session.operation, session.user_id) != (operation, user_id):
            return None
        return session

    def _new(self, operation: str, user_id: str) -> InteractiveSession:
        id = randomness.token(self._random, 24)
        return InteractiveSession(id, operation, user_id, {}, b"", self._clock.now_ms())

    async def _attempt(
        self,
        session: InteractiveSession,
        is_new: bool,
        auth: JsonObject,
        wanted: JsonObject,
        flows: Flows,
        place: Place,
    ) -> tuple[InteractiveSession, MatrixError | None]:
        """The session with the stage that was passed, or what was wrong with the attempt."""
        if is_new and "session" in auth:
            return session, Forbidden("This authentication session is unknown or too old.")
        name = field(auth, "type", str, None)
        is_open = "session" in auth and not is_done(session, flows)
        if name is None and is_open and (OAUTH,) in flows:
            # Spec: "OAuth authentication": the session alone says that it is done.
            name = OAUTH
        if name is None or name in session.completed:
            return session, None
        if not any(name in flow for flow in flows):
            return session, NoSuchStage(flows)
        try:
            proof = await self._stages[name].check(auth, session.user_id, place)
        except LimitExceeded:
            raise
        except MatrixError as problem:
            return session, problem
        # The first proof ties the session to what it was given for.
        request = session.request or digest(wanted)
        return evolve(session, completed={**session.completed, name: proof}, request=request), None

    async def _keep(
        self, session: InteractiveSession, known: InteractiveSession | None, wanted: JsonObject
    ) -> None:
        """Store what the next request needs; a client that sends all at once costs nothing here."""
        if known is None:
            await self._db.write(stored.add, session, session.created_ts - LIFETIME_MS)
        elif session.completed != known.completed:
            await self._db.write(stored.complete, session)
        self.bodies.keep(session.id, wanted)

    def _required(
        self, session: InteractiveSession, flows: Flows, problem: MatrixError | None
    ) -> InteractionRequired:
        names = {name for flow in flows for name in flow}
        params = {name: self._stages[name].params() for name in sorted(names)}
        state: JsonObject = {
            "session": session.id,
            "flows": [{"stages": list(flow)} for flow in flows],
            "params": {name: known for name, known in params.items() if known is not None},
        }
        if session.completed:
            state["completed"] = list(session.completed)
        return InteractionRequired(state, problem)


def digest(wanted: JsonObject) -> bytes:
    return sha256(orjson.dumps(wanted, option=orjson.OPT_SORT_KEYS)).digest()


def is_done(session: InteractiveSession, flows: Flows) -> bool:
    return any(set(flow) <= session.completed.keys() for flow in flows)


def used_already() -> Forbidden:
    return Forbidden("This authentication has been used already.")
