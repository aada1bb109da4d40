"""Operations that need more proof than a token.

Spec: Client-Server API, "User-Interactive Authentication API".
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Protocol

import orjson
from attrs import frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import Forbidden, LimitExceeded, MatrixError
from homeserver.http.request import Request, field
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.randomness import Random
from homeserver.storage import interactive_auth as stored
from homeserver.storage.database import Database
from homeserver.storage.interactive_auth import InteractiveSession

PASSWORD = "m.login.password"
LIFETIME_MS = 24 * 3600 * 1000
MAX_BODIES = 1000
MAX_BODY_BYTES = 16 * 1024

Flows = Sequence[Sequence[str]]
BY_PASSWORD: Flows = ((PASSWORD,),)


class Stage(Protocol):
    """One way to prove something."""

    def params(self) -> JsonObject | None:
        """What clients must know before they try."""

    async def check(self, auth: JsonObject, user_id: str) -> JsonValue:
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
    """What is to be done, and what each completed stage has proved."""

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
        if not await self._db.write(stored.remove, confirmed.session):
            raise Forbidden("This authentication has been used already.")
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
        auth = field(body, "auth", dict, None)
        wanted = {name: value for name, value in body.items() if name != "auth"}
        operation = f"{request.method} {request.path}"
        session = auth and await self._resume(auth, operation, user_id)
        if not session:
            if auth and field(auth, "session", str, None) is not None:
                lost = Forbidden("This authentication session is unknown or too old. Begin again.")
                raise self._required(await self._begin(operation, user_id, wanted), flows, lost)
            session = await self._begin(operation, user_id, wanted)
        wanted = self._remembered(session, wanted)
        if auth and (stage := field(auth, "type", str, None)) is not None:
            session = await self._attempt(session, stage, auth, wanted, flows)
        if not any(set(flow) <= session.completed.keys() for flow in flows):
            raise self._required(session, flows)
        if not may_change and session.request != digest(wanted):
            raise Forbidden("The request is not the one that was authenticated. Begin again.")
        return Confirmed(wanted, session.completed, session.id)

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

    async def _begin(self, operation: str, user_id: str, wanted: JsonObject) -> InteractiveSession:
        id = randomness.token(self._random, 24)
        session = InteractiveSession(id, operation, user_id, {}, digest(wanted))
        now_ms = self._clock.now_ms()
        await self._db.write(stored.add, session, now_ms, now_ms - LIFETIME_MS)
        return session

    async def _attempt(
        self,
        session: InteractiveSession,
        name: str,
        auth: JsonObject,
        wanted: JsonObject,
        flows: Flows,
    ) -> InteractiveSession:
        """The session after a stage was passed; one that was passed before is not tried again."""
        if name in session.completed:
            return session
        if not any(name in flow for flow in flows):
            unknown = MatrixError("This stage is not part of any flow.", errcode="M_UNRECOGNIZED")
            raise self._required(session, flows, unknown)
        try:
            proof = await self._stages[name].check(auth, session.user_id)
        except LimitExceeded:
            raise
        except MatrixError as problem:
            raise self._required(session, flows, problem) from None
        # The first proof ties the session to what it was given for.
        request = session.request if session.completed else digest(wanted)
        passed = await self._db.write(stored.complete, session.id, name, proof, request)
        if passed is None:
            raise Forbidden("This authentication has been used already.")
        return passed

    def _remembered(self, session: InteractiveSession, wanted: JsonObject) -> JsonObject:
        """What is asked for now, or before if the request says nothing but who asks."""
        if not wanted:
            return self._bodies.get(session.id, wanted)
        while len(self._bodies) >= MAX_BODIES:
            del self._bodies[next(iter(self._bodies))]
        if len(encode(wanted)) <= MAX_BODY_BYTES:
            self._bodies[session.id] = wanted
        return wanted

    def _required(
        self, session: InteractiveSession, flows: Flows, problem: MatrixError | None = None
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
