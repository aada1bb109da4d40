"""Files on their way through the outbox."""

import asyncio

import aiohttp
import pytest

from bridges.kit.chats import Levels, Picture
from bridges.kit.contract import Notebook
from bridges.kit.failures import Rejected
from bridges.kit.happenings import ChatChange, Message, Sender
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey, Look, Media, Text
from bridges.kit.sources import Source, kept_there
from bridges.matrix.rooms import Accounts
from bridges.portals.files import Files, from_matrix, settled
from bridges.storage.encoding import from_text, to_text
from tests.bridges.portals.parrots import ParrotSession
from tests.bridges.portals.scribe import Scribe

BOB = Sender("bob", "Bob")
CHAT = ChatKey("north")


async def cat(max_bytes: int) -> bytes:
    return b"cat"


def test_what_could_not_be_read_after_a_restart_is_read_before_it_is_written_down() -> None:
    look = Look(width=1, height=2, waveform=(1, 2), thumbnail=Source(later=cat))
    media = Media("video", "cat.mp4", "video/mp4", Source(later=cat), Text("look"), look)
    message = Message(CHAT, BOB, "1", (Text("hello"), media, kept := there()))

    stored = from_text(to_text(asyncio.run(settled(message))))

    assert stored.parts[0] == Text("hello")
    assert stored.parts[1].content.data == b"cat"
    assert stored.parts[1].look.thumbnail.data == b"cat"
    assert stored.parts[1].look.waveform == (1, 2)
    assert stored.parts[2] == kept


def there() -> Media:
    return Media("file", "a.zip", "application/zip", kept_there("file7", 1_000_000))


def test_levels_and_pictures_are_found_again() -> None:
    change = ChatChange(
        CHAT, BOB, "c1", picture=Picture("p1", b"png"), levels=Levels({"bob": 100}, speak=50)
    )
    stored = from_text(to_text(change))
    assert stored == change
    assert stored.picture.content.data == b"png"


def test_files_of_encrypted_rooms_are_sealed_and_opened() -> None:
    async def story() -> None:
        async with aiohttp.ClientSession() as http:
            scribe = Scribe(http, "http://localhost", "token")
            accounts = Accounts(scribe)
            session = ParrotSession(Login("a", "A"), Notebook())
            content = await Files(accounts, session, True).place(b"cat", "image/png", "cat.png")
            sealed = content["file"]
            assert scribe.files[sealed["url"]] != b"cat"
            assert await from_matrix(accounts, sealed["url"], 3, sealed).read() == b"cat"
            scribe.files[sealed["url"]] = b"dog"
            with pytest.raises(Rejected, match="cannot be decrypted"):
                await from_matrix(accounts, sealed["url"], 3, sealed).read()

    asyncio.run(story())
