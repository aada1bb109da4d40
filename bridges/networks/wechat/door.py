"""What each of the ways into WeChat does for a session."""

from hashlib import sha256
from typing import Protocol

from attrs import define

from bridges.kit.chats import User
from bridges.kit.failures import BadCredentials, Transient, WindowClosed
from bridges.kit.json_values import JsonObject, number
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey, Outgoing, Sent
from bridges.kit.web import Lost, Reply, Web

TOKEN_WRONG = (40001, 40014, 42001)
LATER_S = {-1: 2.0, 45009: 3600.0, 45011: 60.0, 45033: 5.0}


class Door(Protocol):
    async def run(self) -> None: ...

    async def send(self, out: Outgoing) -> Sent: ...

    async def typing(self, chat: ChatKey, is_typing: bool) -> None: ...

    async def fetch(self, reference: str, max_bytes: int) -> bytes: ...

    async def user(self, id: str) -> User: ...


def answered(reply: Reply) -> JsonObject:
    answer = reply.json()
    if not isinstance(answer, dict):
        raise Lost("WeChat answers what we do not understand.")
    return answer


def own_id(transaction: str, place: int) -> str:
    """Letters and digits only, the same at every try."""
    name = f"{transaction} {place}".encode(errors="replace")
    return sha256(name).hexdigest()[:32]


@define(eq=False)
class Window:
    """People have to write first, and again: so many answers each time, for so long."""

    _bridge: Bridge
    _seconds: int
    _answers: int

    async def open(self, chat: str, now_s: float) -> None:
        await self._bridge.keep(f"window {chat}", f"{int(now_s)} 0")

    async def use(self, chat: str, now_s: float, messages: int = 1) -> None:
        """Raises WindowClosed."""
        if opened := await self.check(chat, now_s, messages):
            since, used = opened
            await self._bridge.keep(f"window {chat}", f"{since} {used + messages}")

    async def check(self, chat: str, now_s: float, messages: int) -> tuple[int, int] | None:
        """Since when it is open, and how much was answered. Raises WindowClosed. Whom we never
        heard, Tencent itself judges.
        """
        kept = await self._bridge.kept(f"window {chat}")
        if kept is None:
            return None
        since, used = map(int, kept.split())
        hours = self._seconds // 3600
        if now_s - since > self._seconds:
            raise WindowClosed(f"They have not written for {hours} hours: they have to, first.")
        if used + messages > self._answers:
            raise WindowClosed(
                f"WeChat takes {self._answers} messages for each of theirs: they have to write."
            )
        return since, used


def token_in(answer: JsonObject) -> str:
    """The access token of an account, in the answer to the question for one."""
    if isinstance(token := answer.get("access_token"), str) and token:
        return token
    code = number(answer, "errcode")
    if code in LATER_S:
        raise Transient("WeChat asks us to slow down, or has trouble.", LATER_S[code])
    words = str(answer.get("errmsg") or "")[:200]
    raise BadCredentials(f"WeChat does not take the account's secret: {words} ({code})")


async def get(web: Web, url: str, **params: str) -> JsonObject:
    return answered(await web.call("GET", url, params=params))
