"""A client for the command line: log in, verify, read and write an encrypted room.

    python -m e2ee.demo https://example.org @alice:example.org '!room:example.org'

It is the worked example of docs/encryption.md. What it needs to go on later lies in one folder.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
from getpass import getpass
from pathlib import Path
from urllib.parse import quote

import aiohttp

from e2ee.driver import Driver, Homeserver, now_ms, random
from e2ee.encoding import JsonObject
from e2ee.happenings import Decrypted, Happening, Undecryptable, VerificationChanged
from e2ee.machine import Machine, Me, Options
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.requests import CLIENT
from e2ee.stores.sqlite import SqliteStore
from e2ee.verification.flow import Phase, Verification

HELP = """\
Write a line to send it. Other words:
  /verify USER   compare emoji with somebody in this room
  /identity      make a cross-signing identity for this account (once)
  /quit"""


class Demo:
    """What happens is printed; what is typed is sent."""

    def __init__(self, driver: Driver, room_id: str, place: Path) -> None:
        self._driver, self._machine, self._room_id = driver, driver.machine, room_id
        self._place = place
        self._comparing: Verification | None = None

    async def listen(self) -> None:
        since = self._place.read_text() if self._place.exists() else None
        while True:
            since, happenings = await self._driver.sync(since)
            for happening in happenings:
                await self._show(happening)
            self._place.write_text(since)

    async def obey(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if self._comparing is not None and word in ("yes", "no"):
            await self._answer(self._comparing, word == "yes")
        elif word == "/verify":
            self._machine.verify_user(self._room_id, rest.strip(), now_ms())
            await self._driver.settle()
        elif word == "/identity":
            await self._make_identity()
        elif word == "/help":
            print(HELP)
        elif line:
            content = {"msgtype": "m.text", "body": line}
            await self._driver.send(self._room_id, "m.room.message", content)

    async def _show(self, happening: Happening) -> None:
        match happening:
            case Decrypted(event=event, trust=trust):
                body = event["content"].get("body", f"({event['type']})")
                print(f"{event['sender']} [{trust.value}]: {body}")
            case Undecryptable(event=event, error=error):
                print(f"{event['sender']}: (cannot be read: {error})")
            case VerificationChanged(id=id):
                one = self._machine.verification(id)
                if one is not None:
                    await self._go_on(one)

    async def _go_on(self, one: Verification) -> None:
        if one.phase is Phase.REQUESTED and not one.we_asked:
            print(f"{one.their_user} wants to verify; accepted.")
            one.accept()
        elif one.phase is Phase.READY and one.we_asked:
            one.start_sas()
        elif one.phase is Phase.COMPARING and self._comparing is not one:
            self._comparing = one
            shown = "  ".join(f"{picture} {name}" for picture, name in one.emoji or [])
            print(f"{one.their_user} sees the same? Answer yes or no.\n  {shown or one.decimals}")
        elif one.phase in (Phase.DONE, Phase.CANCELLED):
            self._comparing = None
            print(f"Verification with {one.their_user}: {one.phase.value} {one.cancel_reason}")
        self._machine.said(one)
        await self._driver.settle()

    async def _answer(self, one: Verification, same: bool) -> None:
        self._comparing = None
        if same:
            one.confirm()
        else:
            one.mismatch()
        self._machine.said(one)
        await self._driver.settle()

    async def _make_identity(self) -> None:
        self._machine.create_identity()
        await self._driver.settle()
        wanted = self._machine.proof_wanted()
        if wanted is not None:
            user = {"type": "m.id.user", "user": self._machine.me.user_id}
            password = await asyncio.to_thread(getpass, "Your password, for the server: ")
            auth = {"type": "m.login.password", "identifier": user, "password": password}
            self._machine.authorise(auth | {"session": wanted.get("session")})
            await self._driver.settle()
        print("This account has an identity now.")


async def log_in(http: aiohttp.ClientSession, server: str, user: str, folder: Path) -> JsonObject:
    """The session of last time, or a new one. The folder is readable by its owner only."""
    kept = folder / "session.json"
    if kept.exists():
        session: JsonObject = json.loads(kept.read_text())
        return session
    identifier = {"type": "m.id.user", "user": user}
    password = os.environ.get("DEMO_PASSWORD") or getpass(f"Password of {user}: ")
    body = {"type": "m.login.password", "identifier": identifier, "password": password}
    async with http.post(f"{server}{CLIENT}/login", json=body) as response:
        answer: JsonObject = await response.json()
        if response.status != 200:
            raise SystemExit(f"The server says: {answer.get('error')}")
    answer["store_secret"] = secrets.token_hex(32)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(answer))
    return answer


async def lines() -> asyncio.StreamReader:
    """What is typed."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def run(server: str, user: str, room: str, folder: Path) -> None:
    async with aiohttp.ClientSession() as http:
        session = await log_in(http, server.rstrip("/"), user, folder)
        me = Me(session["user_id"], session["device_id"])
        store = SqliteStore(folder / "e2ee.db", f"{me.user_id} {me.device_id}")
        secret = bytes.fromhex(session["store_secret"])
        machine = Machine.open(me, store, secret, Options(Vodozemac(), random))
        driver = Driver(Homeserver(http, server, session["access_token"]), machine)
        await driver.settle()
        joined = await driver.server.ask("POST", f"{CLIENT}/join/{quote(room, safe='')}", {})
        demo = Demo(driver, joined["room_id"], folder / "since")
        print(f"{me.user_id} on {me.device_id}. {HELP}")
        listening = asyncio.create_task(demo.listen())
        typed = await lines()
        while (line := (await typed.readline()).decode()) and line.strip() != "/quit":
            await demo.obey(line.strip())
        listening.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m e2ee.demo", description=__doc__)
    parser.add_argument("server", help="https://example.org")
    parser.add_argument("user", help="@alice:example.org")
    parser.add_argument("room", help="'!room:example.org' or '#alias:example.org'")
    folder = Path.home() / ".local/share/e2ee-demo"
    parser.add_argument("--folder", type=Path, default=folder, help="where keys are kept")
    arguments = parser.parse_args()
    arguments.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(run(arguments.server, arguments.user, arguments.room, arguments.folder))


if __name__ == "__main__":
    main()
