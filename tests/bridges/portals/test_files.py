"""Files on their way through the outbox."""

import asyncio

from bridges.kit.chats import Levels, Picture
from bridges.kit.happenings import ChatChange, Message, Sender
from bridges.kit.parts import ChatKey, Look, Media, Text
from bridges.kit.sources import Source, kept_there
from bridges.portals.files import settled
from bridges.storage.encoding import from_text, to_text

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
