"""What people on Matrix say, as calls."""

import asyncio
from typing import Any

import pytest

from bridges.kit.failures import Rejected
from bridges.kit.parts import (
    ChatKey,
    Contact,
    Location,
    Look,
    Media,
    Outgoing,
    Part,
    Poll,
    Span,
    Text,
    Unknown,
)
from bridges.networks.telegram.names import place
from bridges.networks.telegram.writing import Call, calls

CHAT = "-1000000000007/5"
WHERE = {"chat_id": -1000000000007, "message_thread_id": 5, "business_connection_id": None}


def written(*parts: Part, reply_to: str | None = None) -> list[Call]:
    out = Outgoing(ChatKey(CHAT), parts, "t", reply_to)
    return asyncio.run(calls(out, place(out.chat), 50_000_000))


def only(*parts: Part, **more: Any) -> tuple[str, dict[str, Any]]:
    (call,) = written(*parts, **more)
    assert {key: call.parameters[key] for key in WHERE} == WHERE
    return call.method, {key: it for key, it in call.parameters.items() if key not in WHERE}


def test_a_text_goes_with_entities_and_answers() -> None:
    text = Text("hello", (Span(0, 5, "bold"),))
    assert only(text, reply_to="17") == (
        "sendMessage",
        {
            "text": "hello",
            "entities": [{"type": "bold", "offset": 0, "length": 5}],
            "reply_parameters": {"message_id": 17, "allow_sending_without_reply": True},
        },
    )


def test_a_long_text_is_several_messages_of_which_the_first_answers() -> None:
    made = written(Text("x" * 5000), reply_to="17")
    assert [len(it.parameters["text"]) for it in made] == [4096, 904]
    assert ["reply_parameters" in it.parameters for it in made] == [True, False]


@pytest.mark.parametrize(
    ("kind", "mime", "slot"),
    [
        ("image", "image/png", "photo"),
        ("image", "image/gif", "animation"),
        ("image", "image/svg+xml", "document"),
        ("video", "video/mp4", "video"),
        ("video", "video/webm", "document"),
        ("audio", "audio/mpeg", "audio"),
        ("audio", "audio/flac", "document"),
        ("voice", "audio/ogg; codecs=opus", "voice"),
        ("sticker", "image/webp", "sticker"),
        ("sticker", "image/png", "photo"),
        ("file", "application/pdf", "document"),
    ],
)
def test_each_kind_of_file_goes_its_way(kind: str, mime: str, slot: str) -> None:
    (call,) = written(Media(kind, "name", mime, b"content"))
    assert call.method.lower() == f"send{slot}"
    assert call.parameters[slot] == f"attach://{slot}_file"
    assert call.files[f"{slot}_file"].content == b"content"


def test_a_large_photo_goes_as_a_document() -> None:
    (call,) = written(Media("image", "x.png", "image/png", b"x" * 10_000_001))
    assert call.method == "sendDocument"


def test_what_stands_under_a_file_goes_along_if_it_is_not_too_long() -> None:
    look = Look(width=4, height=3, duration_ms=1500, is_spoiler=True)
    short = Media("video", "v.mp4", "video/mp4", b"x", Text("a cat"), look)
    assert only(short)[1] == {
        "video": "attach://video_file",
        "caption": "a cat",
        "caption_entities": [],
        "has_spoiler": True,
        "width": 4,
        "height": 3,
        "duration": 2,
    }
    file, words = written(Media("image", "x.png", "image/png", b"x", Text("y" * 1025)))
    assert "caption" not in file.parameters
    assert words.parameters["text"] == "y" * 1025


def test_places_polls_and_cards() -> None:
    assert only(Location(1.5, 2.5)) == ("sendLocation", {"latitude": 1.5, "longitude": 2.5})
    assert only(Location(1.5, 2.5, "Café"))[0] == "sendVenue"
    method, poll = only(Poll("Now?", ("yes", "no"), most=2))
    assert (method, poll["options"]) == ("sendPoll", [{"text": "yes"}, {"text": "no"}])
    assert poll["allows_multiple_answers"] and not poll["is_anonymous"]
    assert only(Contact("Ann", ("+491",)))[1] == {"phone_number": "+491", "first_name": "Ann"}
    assert only(Contact("Ann"))[1]["text"] == "[contact] Ann"
    assert only(Unknown("a riddle"))[1]["text"] == "[a riddle]"


@pytest.mark.parametrize(
    "part",
    [
        Text(" \n "),
        Text("x" * 60_000),
        Poll("?", tuple(map(str, range(13)))),
        Media("file", "x", "text/plain", b""),
    ],
)
def test_what_telegram_has_no_place_for_is_refused_in_words(part: Part) -> None:
    with pytest.raises(Rejected, match=r"Telegram|empty"):
        written(part)


def test_an_answer_to_what_is_no_message_of_telegram_is_refused() -> None:
    with pytest.raises(Rejected):
        written(Text("x"), reply_to="no-such-message")
