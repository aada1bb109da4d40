"""Logging in over HTTP: every question of the network is a step, answered by the next request."""

import asyncio
from collections.abc import Mapping
from secrets import token_urlsafe

from attrs import define, field

from bridges.kit.failures import NetworkFailure, Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.network import QR, Address, Code, Field, Flow, Shown
from bridges.portals.entrance import Entrance
from bridges.portals.screens import fits

MAX_PROCESSES = 100
MAX_OF_USER = 5
MAX_ANSWER = 10_000
WAIT_S = 60.0
"""So long a request waits for the next step; asked again, it goes on waiting."""

FIELD_KINDS = {
    "phone": "phone_number",
    "code": "2fa_code",
    "cookies": "token",
    "text": "username",
}


class StillWaiting(Exception):
    """Nothing new yet: ask again."""


class WrongStep(Exception):
    """That step is over, or asks for something else."""


@define(eq=False)
class HttpScreen:
    """The same screen as in a chat. Steps are numbered; who is late is shown the newest."""

    process_id: str
    _steps: list[JsonObject] = field(factory=list)
    _answer: asyncio.Future[dict[str, str]] | None = None
    _fields: tuple[Field, ...] = ()
    _options: tuple[str, ...] = ()
    _notes: list[str] = field(factory=list)
    _news: asyncio.Event = field(factory=asyncio.Event)

    # What the network does

    async def ask(self, field: Field) -> str:
        return await self._ask(field, ())

    async def choose(self, question: str, options: Mapping[str, str]) -> str:
        return await self._ask(Field("choice", question), tuple(options))

    async def _ask(self, field: Field, options: tuple[str, ...]) -> str:
        self._answer = asyncio.get_running_loop().create_future()
        self._fields, self._options = (field,), options
        shown = as_field(field) | ({"type": "select", "options": list(options)} if options else {})
        self._put(field.question, "user_input", {"fields": [shown]})
        answer = await self._answer
        self._answer = None
        return answer[field.id]

    async def show(self, what: Shown, text: str) -> None:
        match what:
            case QR(data=data):
                shown = {"type": "qr", "data": data}
            case Code(text=code):
                shown = {"type": "code", "data": code}
            case Address(url=url):
                shown = {"type": "url", "data": url}
        self._put(text, "display_and_wait", shown)

    async def note(self, text: str) -> None:
        """Stands above the next step."""
        self._notes.append(text)

    def complete(self, login_id: str) -> None:
        self._put("", "complete", {"user_login_id": login_id})

    # What the program does

    def answer(self, step_id: str, kind: str, given: Mapping[str, object]) -> None:
        """Raises WrongStep, or Rejected when the answer cannot be one."""
        step = self._steps[-1] if self._steps else {}
        if step.get("step_id") != step_id or step.get("type") != kind:
            if any(it["step_id"] == step_id for it in self._steps):
                return
            raise WrongStep("There is no such step.")
        if kind != "user_input" or self._answer is None or self._answer.done():
            return
        self._answer.set_result({it.id: self._checked(it, given) for it in self._fields})

    def _checked(self, field: Field, given: Mapping[str, object]) -> str:
        value = given.get(field.id, field.default)
        if not isinstance(value, str) or len(value) > MAX_ANSWER:
            raise Rejected(f"`{field.id}` must be a text.")
        if (self._options and value not in self._options) or not fits(field, value):
            raise Rejected(f"`{field.id}` does not look right.")
        return value

    async def step_after(self, step_id: str) -> JsonObject:
        """The newest, as soon as there is one behind that step."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not self._steps or self._steps[-1]["step_id"] == step_id:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise StillWaiting("Nothing has happened yet. Ask again.") from None
        return self._steps[-1]

    def _put(self, text: str, kind: str, more: JsonObject) -> None:
        instructions = "\n".join((*self._notes, text)).strip()
        self._notes.clear()
        self._steps.append(
            {
                "login_id": self.process_id,
                "step_id": str(len(self._steps) + 1),
                "type": kind,
                "instructions": instructions,
                kind: more,
            }
        )
        self._news.set()


@define(eq=False)
class Process:
    user_id: str
    screen: HttpScreen
    task: "asyncio.Task[None]"

    async def step_after(self, step_id: str) -> JsonObject:
        """Raises NetworkFailure when the login came to nothing."""
        waiting = asyncio.ensure_future(self.screen.step_after(step_id))
        await asyncio.wait((waiting, self.task), return_when=asyncio.FIRST_COMPLETED)
        if self.task.done() and not self.task.cancelled() and (error := self.task.exception()):
            waiting.cancel()
            raise error
        if self.task.cancelled():
            waiting.cancel()
            raise WrongStep("This login was cancelled.")
        return await waiting


@define(eq=False)
class Processes:
    """Logins under way."""

    _entrance: Entrance
    _under_way: dict[str, Process] = field(factory=dict)

    def start(self, user_id: str, flow: Flow) -> Process:
        mine = [id for id, it in self._under_way.items() if it.user_id == user_id]
        if len(mine) >= MAX_OF_USER:
            self.cancel(user_id, mine[0])
        if len(self._under_way) >= MAX_PROCESSES:
            raise Rejected("Too many logins are under way.")
        screen = HttpScreen(token_urlsafe(12))
        task = asyncio.create_task(self._log_in(user_id, flow, screen))
        task.add_done_callback(seen)
        process = self._under_way[screen.process_id] = Process(user_id, screen, task)
        return process

    def find(self, user_id: str, process_id: str) -> Process:
        process = self._under_way.get(process_id)
        if process is None or process.user_id != user_id:
            raise WrongStep("There is no such login under way.")
        return process

    def cancel(self, user_id: str, process_id: str) -> None:
        self.find(user_id, process_id).task.cancel()
        del self._under_way[process_id]

    def stop(self) -> None:
        for process in self._under_way.values():
            process.task.cancel()

    def forget(self, process: Process) -> None:
        """Its end was told."""
        self._under_way.pop(process.screen.process_id, None)

    async def _log_in(self, user_id: str, flow: Flow, screen: HttpScreen) -> None:
        running = await self._entrance.log_in(user_id, flow, screen)
        screen.complete(running.login.login_id)


def seen(task: "asyncio.Task[None]") -> None:
    """Its failure is told to whoever asks for the next step."""
    if not task.cancelled():
        assert isinstance(task.exception(), NetworkFailure | None)


def as_field(field: Field) -> JsonObject:
    is_password = field.secret and field.kind == "text"
    kind = "password" if is_password else FIELD_KINDS.get(field.kind, field.kind)
    shown: JsonObject = {"type": kind, "id": field.id, "name": field.question}
    shown |= {"description": field.question, "pattern": field.pattern}
    return shown | ({} if field.default is None else {"default_value": field.default})
