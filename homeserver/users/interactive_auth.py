"""Operations that need more proof than a token.

Spec: Client-Server API, "User-Interactive Authentication API".
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Protocol

import orjson
from attrs import evolve, frozen

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
OAUTH = "m.oauth"
LIFETIME_MS = 24 * 3600 * 1000
MAX_BODIES = 1000
MAX_BODY_BYTES = 16 * 1024

Flows = Sequence[Sequence[str]]
BY_PASSWORD: Flows = ((PASSWORD,),)


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


@frozen
class Confirmed:
    """What is to be done, and what each completed stage has proved.

    `session` is still to be ended; it is empty where one request did all.
    """

    body: JsonObject
    completed: dict[str, JsonValue]
    session: str


class InteractiveAuth:
    def __init__(
        self, db: Database, clock: Clock, random: Random, stages: Mapping[str, Stage]
    ) -> None:
        self._db = db
        self._clock = clock
        self._random = random
        self._stages = stages
        # What was asked for, for clients that come back with nothing but a session. Bodies hold
        # passwords, so they are kept in memory only.
        self._bodies: dict[str, JsonObject] = {}

    async def confirm(
        self, request: Request, body: JsonObject, user_id: str, flows: Flows = BY_PASSWORD
    ) -> Confirmed:
        """Let one operation pass, once; raises InteractionRequired until all of a flow is done."""
        confirmed = await self.check(request, body, user_id, flows)
        if confirmed.session and not await self._db.write(stored.remove, confirmed.session):
            raise used_already()
        self.forget(confirmed.session)
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
        wanted = wanted or self._bodies.get(session.id, wanted)
        place = Place(request.client_ip)
        session, problem = await self._attempt(session, known is None, auth, wanted, flows, place)
        if problem is None and is_done(session, flows):
            if not may_change and session.request != digest(wanted):
                raise Forbidden("The request is not the one that was authenticated. Begin again.")
            return Confirmed(wanted, session.completed, known.id if known else "")
        await self._keep(session, known, wanted)
        raise self._required(session, flows, problem)

    def forget(self, session: str) -> None:
        self._bodies.pop(session, None)

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
        return InteractiveSession(id, operation, user_id, {}, b"")

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
        if name is None and "session" in auth and (OAUTH,) in flows:
            # Spec: "OAuth authentication": the session alone says that it is done.
            name = OAUTH
        if name is None or name in session.completed:
            return session, None
        if not any(name in flow for flow in flows):
            return session, MatrixError("No flow has this stage.", errcode="M_UNRECOGNIZED")
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
            now_ms = self._clock.now_ms()
            await self._db.write(stored.add, session, now_ms, now_ms - LIFETIME_MS)
        elif session.completed != known.completed:
            await self._db.write(stored.complete, session)
        while len(self._bodies) >= MAX_BODIES:
            del self._bodies[next(iter(self._bodies))]
        if len(encode(wanted)) <= MAX_BODY_BYTES:
            self._bodies[session.id] = wanted

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
