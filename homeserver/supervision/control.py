"""The socket over which the command line talks with the running server: a line of JSON each way.

It lies in a folder that only the server's own user may enter.
"""

from collections.abc import Awaitable, Callable

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver

from homeserver.json_values import JsonObject, decode, encode
from homeserver.logs import logger
from homeserver.supervision.bridges import Bridges

MAX_LINE = 4096
IDLE_S = 60.0

log = logger(__name__)

Answer = Callable[[JsonObject], Awaitable[JsonObject]]


@frozen
class Commands:
    _bridges: Bridges

    async def answer(self, asked: JsonObject) -> JsonObject:
        """`{"do": "look" | "status" | "restart", "name": ...}`; what is unknown is said so."""
        match asked.get("do"):
            case "look":
                await self._bridges.look()
            case "restart":
                name = str(asked.get("name"))
                try:
                    await self._bridges.restart(name)
                except KeyError:
                    return {"error": f"This server knows no bridge {name}."}
            case "status":
                pass
            case _:
                return {"error": "The server does not know that command."}
        return {"bridges": list(self._bridges.status())}


class Conversation(LineReceiver):
    """One question after another."""

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def lineReceived(self, line: bytes) -> None:
        Deferred.fromCoroutine(self._reply(line)).addErrback(
            lambda failure: log.error("A command fails: %s", failure.value)
        )

    async def _reply(self, line: bytes) -> None:
        try:
            asked = decode(line)
        except ValueError:
            asked = None
        if isinstance(asked, dict):
            answer = await self._answer(asked)
        else:
            answer = {"error": "A command is an object of JSON, in one line."}
        if self.transport is not None:
            self.transport.write(encode(answer) + b"\n")


class Conversations(Factory):
    noisy = False

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def buildProtocol(self, address: object) -> Conversation:
        return Conversation(self._answer)
