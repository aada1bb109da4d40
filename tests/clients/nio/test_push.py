"""Telephones and mailboxes of people who talk through matrix-nio, on a server of its own."""

import asyncio
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiohttp import ClientSession
from attrs import define, field

from tests.clients.nio.conversation import play
from tests.clients.nio.people import People, Person
from tests.clients.started_server import Homeserver, free_port, started_homeserver

PATIENCE_S = 20


@define(eq=False)
class Post:
    """A mail server on loopback that takes everything."""

    port: int = field(factory=free_port)
    letters: "asyncio.Queue[EmailMessage]" = field(factory=asyncio.Queue)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 post\r\n")
        while line := await reader.readline():
            command = line[:4].upper()
            if command == b"DATA":
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                letter = message_from_bytes(data[:-3], policy=policy.default)
                assert isinstance(letter, EmailMessage)
                await self.letters.put(letter)
            writer.write(b"221 bye\r\n" if command == b"QUIT" else b"250 post\r\n")
        writer.close()

    async def next(self) -> str:
        """The text of the next letter."""
        async with asyncio.timeout(PATIENCE_S):
            letter = await self.letters.get()
        body = letter.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@pytest.fixture(scope="module")
def post() -> Post:
    return Post()


@pytest.fixture(scope="module")
def server(post: Post, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    folder: Path = tmp_path_factory.mktemp("push")
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    mail = {"host": "127.0.0.1", "port": post.port, "tls": "none"}
    push = {"mail_delay": "1s"}
    with started_homeserver(folder, database, mail=mail, push=push) as server:
        yield server


async def follow(server: Homeserver, letter: str) -> int:
    """Press the button behind the link of a letter."""
    found = re.search(r"https://localhost(/_isthmus/\S+)", letter)
    assert found, letter
    async with ClientSession() as session, session.post(server.base_url + found[1]) as answer:
        return answer.status


async def wants_letters(person: Person) -> None:
    pusher = {
        "kind": "email",
        "app_id": "m.email",
        "pushkey": "bob@example.net",
        "app_display_name": "E-mail",
        "device_display_name": "bob@example.net",
        "lang": "en",
        "data": {},
    }
    status, _ = await person.asks("POST", "/pushers/set", pusher)
    assert status == 200


def test_a_letter_tells_what_was_missed_and_can_be_stopped(server: Homeserver, post: Post) -> None:
    async def script(people: People) -> None:
        listening = await asyncio.start_server(post.serve, "127.0.0.1", post.port)
        async with listening:
            alice, bob = await people.register("alice", "bob")
            room = await alice.creates_room(bob)
            await bob.joins(room)
            await wants_letters(bob)
            assert await follow(server, await post.next()) == 200

            await alice.sends(room, "dinner is ready")
            letter = await post.next()
            assert "dinner is ready" in letter
            assert await follow(server, letter) == 200
            _, answer = await bob.asks("GET", "/pushers")
            assert answer == {"pushers": []}

    asyncio.run(play(script, server))
