"""A server by script: it offers what no server of the distribution does, and follows the
specifications of IRCv3 (chathistory, message-redaction, read-marker) word by word.
"""

import asyncio
from collections.abc import Callable

from attrs import define, field

from bridges.networks.irc.lines import Line, parse

CAPS = (
    "batch draft/chathistory draft/message-redaction draft/read-marker echo-message "
    "labeled-response message-tags server-time away-notify account-notify"
)
CHANNEL = "#test"


@define
class Said:
    """`number` makes its id and its time."""

    number: int
    source: str
    text: str

    @property
    def tags(self) -> str:
        return f"msgid=m{self.number};time=2026-01-01T00:00:{self.number:02}.000Z"


@define(eq=False)
class Peer:
    """Alice's server; Bob is in the channel with her."""

    caps: str = CAPS
    said: list[Said] = field(factory=list)
    lines: list[Line] = field(factory=list)
    """What the client has written."""
    members: list[str] = field(factory=lambda: ["@bob"])
    is_silent: bool = False
    port: int = 0
    _writer: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None
    _change: asyncio.Event = field(factory=asyncio.Event)

    async def opens(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def closes(self) -> None:
        assert self._server is not None
        self._server.close()
        self.hangs_up()

    def hangs_up(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def writes(self, *lines: str) -> None:
        assert self._writer is not None
        self._writer.write("".join(f"{it}\r\n" for it in lines).encode())

    def bob_says(self, text: str, *, heard: bool = True) -> Said:
        """Not `heard`: while Alice was away."""
        said = Said(len(self.said), "bob!b@h", text)
        self.said.append(said)
        if heard:
            self.writes(f"@{said.tags} :bob!b@h PRIVMSG {CHANNEL} :{text}")
        return said

    async def hears(self, wanted: Callable[[Line], bool]) -> Line:
        async with asyncio.timeout(5):
            while True:
                self._change.clear()
                if found := next(filter(wanted, self.lines), None):
                    return found
                await self._change.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while raw := await reader.readline():
            if line := parse(raw.decode().rstrip("\r\n")):
                self.lines.append(line)
                self._change.set()
                if not self.is_silent:
                    self._answer(line)

    def _answer(self, line: Line) -> None:
        label = f"@label={line.tags['label']} " if "label" in line.tags else ""
        match line.command, line.parameters:
            case "CAP", ("LS", *_):
                self.writes(f":s CAP * LS :{self.caps}")
            case "CAP", ("REQ", asked):
                self.writes(f":s CAP alice ACK :{asked}")
            case "CAP", ("END",):
                self.writes(":s 001 alice :hello", ":s 005 alice CHANTYPES=# PREFIX=(ov)@+ :are")
            case "PING", (token,):
                self.writes(f":s PONG s {token}")
            case "JOIN", (channel,):
                self.writes(f":alice!a@h JOIN {channel}", *self._names(channel))
                self.writes(f":s 366 alice {channel} :end")
            case "PRIVMSG", (target, text):
                said = Said(len(self.said), "alice!a@h", text)
                self.said.append(said)
                tags = f"{label[1:-1]};{said.tags}" if label else said.tags
                self.writes(f"@{tags} :alice!a@h PRIVMSG {target} :{text}")
            case "REDACT", (target, id):
                self._redact(label, target, id)
            case "CHATHISTORY", words:
                self._tell_history(line.tags.get("label", ""), *words)
            case _ if label:
                self.writes(f"{label}:s ACK")

    def _names(self, channel: str) -> list[str]:
        names = ["alice", *self.members]
        return [
            f":s 353 alice = {channel} :{' '.join(names[at : at + 30])}"
            for at in range(0, len(names), 30)
        ]

    def _redact(self, label: str, target: str, id: str) -> None:
        known = next((it for it in self.said if f"m{it.number}" == id), None)
        if known is None:
            self.writes(f"{label}:s FAIL REDACT UNKNOWN_MSGID {target} {id} :No such message.")
        elif not known.source.startswith("alice"):
            self.writes(f"{label}:s FAIL REDACT REDACT_FORBIDDEN {target} {id} :It is not yours.")
        else:
            self.writes(f"{label}:alice!a@h REDACT {target} {id}")

    def _tell_history(self, label: str, kind: str, target: str, place: str, limit: str) -> None:
        """LATEST target *, or BEFORE target msgid=..."""
        end = len(self.said) if kind == "LATEST" else int(place.removeprefix("msgid=m"))
        found = self.said[max(0, end - int(limit)) : end]
        self.writes(
            f"@label={label} :s BATCH +h chathistory {target}",
            *(f"@batch=h;{it.tags} :{it.source} PRIVMSG {target} :{it.text}" for it in found),
            ":s BATCH -h",
        )
