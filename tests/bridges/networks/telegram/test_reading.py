"""What messages of Telegram become."""

from typing import Any

import pytest

from bridges.kit.parts import Contact, Location, Look, Media, Poll, Span, Text, Unknown
from bridges.kit.sources import kept_there
from bridges.networks.telegram.reading import forwarded_from, parts

LIMIT = 20_000_000
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 1000}


def read(**content: Any) -> Any:
    envelope = {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}
    return parts(envelope | content, LIMIT)


def media(kind: str, name: str, mime: str, caption: Text | None = None, **look: Any) -> Media:
    return Media(kind, name, mime, kept_there("f1", 1000), caption, Look(**look))


def test_a_text_has_its_looks() -> None:
    bold = [{"type": "bold", "offset": 0, "length": 5}]
    assert read(text="hello", entities=bold) == (Text("hello", (Span(0, 5, "bold"),)),)


def test_the_words_that_were_picked_go_before_the_answer() -> None:
    quote = {"text": "not this", "position": 4, "is_manual": True}
    bold = [{"type": "bold", "offset": 0, "length": 3}]

    assert read(text="but", entities=bold, quote=quote) == (
        Text("not this\nbut", (Span(0, 8, "quote"), Span(9, 3, "bold"))),
    )
    assert read(text="but", quote={"text": "all", "position": 0}) == (Text("but"),)


def test_of_a_photo_the_largest_size_is_shown_with_what_stands_under_it() -> None:
    sizes = [
        {"file_id": "f0", "width": 90, "height": 60, "file_size": 10},
        FILE | {"width": 900, "height": 600},
    ]
    assert read(photo=sizes, caption="a cat", has_media_spoiler=True) == (
        media(
            *("image", "photo.jpg", "image/jpeg", Text("a cat")),
            width=900,
            height=600,
            is_spoiler=True,
        ),
    )


@pytest.mark.parametrize(
    ("member", "about", "expected"),
    [
        (
            "video",
            {"width": 4, "height": 3, "duration": 2, "file_name": "v.mp4"},
            media("video", "v.mp4", "video/mp4", width=4, height=3, duration_ms=2000),
        ),
        (
            "animation",
            {"width": 4, "height": 3, "duration": 2},
            media(
                *("video", "animation.mp4", "video/mp4"),
                width=4,
                height=3,
                duration_ms=2000,
                is_animated=True,
            ),
        ),
        (
            "audio",
            {"duration": 9, "performer": "Bach", "title": "Fugue", "mime_type": "audio/mp4"},
            media("audio", "Bach - Fugue", "audio/mp4", duration_ms=9000),
        ),
        ("voice", {"duration": 1}, media("voice", "voice.ogg", "audio/ogg", duration_ms=1000)),
        (
            "video_note",
            {"length": 240, "duration": 1},
            media(
                *("video", "video message.mp4", "video/mp4"),
                width=240,
                height=240,
                duration_ms=1000,
            ),
        ),
        (
            "document",
            {"file_name": "a.pdf", "mime_type": "application/pdf"},
            media("file", "a.pdf", "application/pdf"),
        ),
        (
            "sticker",
            {"width": 512, "height": 512, "emoji": "🙂"},
            media("sticker", "🙂", "image/webp", width=512, height=512),
        ),
        (
            "sticker",
            {"is_animated": True},
            media("sticker", "sticker.tgs", "application/x-tgsticker", is_animated=True),
        ),
        (
            "sticker",
            {"is_video": True},
            media("sticker", "sticker.webm", "video/webm", is_animated=True),
        ),
    ],
)
def test_files_are_what_they_are(member: str, about: dict[str, Any], expected: Media) -> None:
    assert read(**{member: FILE | about}) == (expected,)


def test_an_animation_is_no_document_and_a_venue_no_location() -> None:
    (shown,) = read(document=FILE, animation=FILE)
    assert shown.kind == "video"
    where = {"latitude": 1.5, "longitude": 2.5}
    venue = {"location": where, "title": "Café", "address": "1 Street"}
    assert read(location=where, venue=venue) == (Location(1.5, 2.5, "Café, 1 Street"),)
    assert read(location=where) == (Location(1.5, 2.5),)


def test_other_things_that_people_send() -> None:
    card = {"phone_number": "+491", "first_name": "Ann", "last_name": "Lee"}
    assert read(contact=card) == (Contact("Ann Lee", ("+491",)),)
    assert read(dice={"emoji": "🎲", "value": 5}) == (Text("🎲 5"),)
    options = [{"text": "yes", "voter_count": 0}, {"text": "no", "voter_count": 0}]
    poll = {"id": "1", "question": "Now?", "options": options}
    assert read(poll=poll) == (Poll("Now?", ("yes", "no"), 1),)
    several = poll | {"allows_multiple_answers": True}
    assert read(poll=several) == (Poll("Now?", ("yes", "no"), 2),)
    tasks = {"title": "Shop", "tasks": [{"id": 1, "text": "milk"}]}
    assert read(checklist=tasks) == (Text("Shop\n• milk"),)


def test_a_file_that_telegram_does_not_hand_out_is_told_of_with_the_reason() -> None:
    video = FILE | {"file_size": 60_000_000, "file_name": "film.mp4"}
    (told,) = read(video=video, caption="look")
    assert told == Unknown(
        "video: film.mp4, 60,000,000 bytes; Telegram hands bots no files over 20 MB: look"
    )


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        ({"story": {"id": 1}}, "a story"),
        ({"rocket_launch": {}}, "a rocket launch"),
        ({}, "a message that cannot be shown"),
        ({"game": {"title": "Chess"}}, "a game: Chess"),
        ({"location": {"latitude": "north"}}, "a location that could not be read"),
        ({"photo": [{"width": 1}]}, "a photo that could not be read"),
        ({"photo": "no list"}, "a photo that could not be read"),
        ({"poll": {"question": "?"}}, "a poll that could not be read"),
    ],
)
def test_what_is_not_known_or_broken_is_named(content: dict[str, Any], summary: str) -> None:
    assert read(**content) == (Unknown(summary),)


def test_whose_words_they_were_is_known() -> None:
    def origin(**it: Any) -> str:
        return forwarded_from({"forward_origin": it})

    assert origin(type="user", sender_user={"first_name": "Ann"}) == "Ann"
    assert origin(type="hidden_user", sender_user_name="Hidden") == "Hidden"
    assert origin(type="channel", chat={"title": "News"}) == "News"
    assert forwarded_from({}) == ""
