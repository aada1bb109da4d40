"""Telethon's own objects, as the Bot API says them, and as parts of messages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import types

from bridges.kit.happenings import CallNoticed, ChatChange, ChatGone, MemberChange, Sender
from bridges.kit.parts import ChatKey, Contact, Location, Media, Poll, Span, Text, Unknown
from bridges.networks.telegram.reading import forwarded_from, parts
from bridges.networks.telegram.service import Spoken, happenings
from bridges.networks.telegram.user.translation import chat, message, to_entity, user

BOB = types.User(502, first_name="Bob", last_name="B", username="bob")
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FRIENDS = {"id": -1_000_000_000_777, "type": "supergroup", "title": "Friends"}
PEER = types.PeerChannel(777)


def told(**more: Any) -> dict[str, Any]:
    said = types.Message(9, PEER, date=WHEN, from_id=types.PeerUser(502), **more)
    return message(said, FRIENDS, BOB)


def read(**more: Any) -> tuple[Any, ...]:
    return parts(told(**more), 100_000_000)


def words(text: str) -> Any:
    return types.TextWithEntities(text, [])


def file(*attributes: Any, mime: str = "application/octet-stream") -> Any:
    document = types.Document(1, 2, b"", WHEN, mime, 1000, 4, list(attributes))
    return types.MessageMediaDocument(document=document)


def test_people_and_chats_have_the_ids_that_bots_see() -> None:
    assert user(BOB) == {
        "id": 502,
        "is_bot": False,
        "first_name": "Bob",
        "last_name": "B",
        "username": "bob",
    }
    group = types.Chat(5, "Club", types.ChatPhotoEmpty(), 2, WHEN, 1)
    assert chat(group) == {"id": -5, "type": "group", "title": "Club"}
    news = types.Channel(7, "News", types.ChatPhotoEmpty(), WHEN, broadcast=True)
    assert (chat(news)["id"], chat(news)["type"]) == (-1_000_000_000_007, "channel")
    forum = types.Channel(8, "F", types.ChatPhotoEmpty(), WHEN, megagroup=True, forum=True)
    assert (chat(forum)["type"], chat(forum)["is_forum"]) == ("supergroup", True)
    assert chat(BOB)["type"] == "private"


def test_a_message_says_who_when_and_what_it_answers() -> None:
    reply = types.MessageReplyHeader(reply_to_msg_id=3, quote=True, quote_text="this")
    said = told(message="hello", reply_to=reply, grouped_id=6)
    assert (said["message_id"], said["date"]) == (9, int(WHEN.timestamp()))
    assert said["from"]["first_name"] == "Bob"
    assert said["reply_to_message"] == {"message_id": 3}
    assert said["media_group_id"] == "6"
    assert read(message="hello", reply_to=reply) == (Text("this\nhello", (Span(0, 4, "quote"),)),)
    forward = types.MessageFwdHeader(WHEN, from_name="Ann")
    assert forwarded_from(told(message="x", fwd_from=forward)) == "Ann"


def test_in_a_topic_what_answers_nothing_answers_nothing() -> None:
    forum = FRIENDS | {"is_forum": True}

    def in_topic(reply: Any) -> dict[str, Any]:
        return message(types.Message(9, PEER, date=WHEN, message="x", reply_to=reply), forum, BOB)

    said = in_topic(types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=4))
    assert (said["message_thread_id"], "reply_to_message" in said) == (4, False)
    said = in_topic(
        types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=8, reply_to_top_id=4)
    )
    assert (said["message_thread_id"], said["reply_to_message"]["message_id"]) == (4, 8)


@pytest.mark.parametrize(
    ("looks", "span"),
    [
        (types.MessageEntityBold(0, 2), Span(0, 2, "bold")),
        (types.MessageEntityStrike(0, 2), Span(0, 2, "strike")),
        (types.MessageEntitySpoiler(0, 2), Span(0, 2, "spoiler")),
        (types.MessageEntityPre(0, 2, "py"), Span(0, 2, "pre", "py")),
        (types.MessageEntityTextUrl(0, 2, "https://x.org/"), Span(0, 2, "link", "https://x.org/")),
        (types.MessageEntityMentionName(0, 2, 502), Span(0, 2, "user", "502")),
    ],
)
def test_looks_are_understood_and_come_back(looks: Any, span: Span) -> None:
    assert read(message="hi there", entities=[looks]) == (Text("hi there", (span,)),)
    (told_as,) = told(message="hi there", entities=[looks])["entities"]
    assert to_entity(told_as).to_dict() == looks.to_dict()


def test_files_are_what_their_attributes_say() -> None:
    sticker = types.DocumentAttributeSticker("🐈", types.InputStickerSetEmpty())
    video = types.DocumentAttributeVideo(2.0, 4, 3)
    animated = types.DocumentAttributeAnimated()
    for media, kind in (
        (file(types.DocumentAttributeFilename("a.pdf")), "file"),
        (file(types.DocumentAttributeAudio(3, voice=True)), "voice"),
        (file(types.DocumentAttributeAudio(3, title="Fugue", performer="Bach")), "audio"),
        (file(video), "video"),
        (file(animated, video), "video"),
        (file(video, animated), "video"),
        (file(sticker, mime="application/x-tgsticker"), "sticker"),
        (file(types.DocumentAttributeImageSize(4, 3), sticker, mime="image/webp"), "sticker"),
    ):
        (shown,) = read(media=media, message="look")
        assert isinstance(shown, Media)
        assert (shown.kind, shown.content.reference) == (kind, "-1000000000777/9")
        assert shown.caption == Text("look")
    size = types.PhotoSize("y", 900, 600, 5000)
    photo = types.Photo(1, 2, b"", WHEN, [size], 4)
    (shown,) = read(media=types.MessageMediaPhoto(photo=photo, spoiler=True))
    assert (shown.kind, shown.look.is_spoiler, shown.content.size) == ("image", True, 5000)


def test_other_things_that_people_send() -> None:
    place = types.GeoPoint(2.5, 1.5, 0)
    assert read(media=types.MessageMediaGeo(place)) == (Location(1.5, 2.5),)
    venue = types.MessageMediaVenue(place, "Café", "1 Street", "", "", "")
    assert read(media=venue) == (Location(1.5, 2.5, "Café, 1 Street"),)
    card = types.MessageMediaContact("+491", "Ann", "Lee", "", 0)
    assert read(media=card) == (Contact("Ann Lee", ("+491",)),)
    answers = [types.PollAnswer(words(it), it.encode()) for it in ("yes", "no")]
    poll = types.MessageMediaPoll(types.Poll(5, words("Now?"), answers, 0), types.PollResults())
    assert read(media=poll) == (Poll("Now?", ("yes", "no")),)
    assert read(media=types.MessageMediaDice(5, "🎲")) == (Text("🎲 5"),)
    web = types.MessageMediaWebPage(types.WebPageEmpty(1))
    assert read(media=web, message="https://x.org") == (Text("https://x.org"),)
    assert read(media=types.MessageMediaUnsupported()) == (Unknown("an unsupported message"),)
    assert read(media=types.MessageMediaPhoto()) == (Unknown("a photo that is gone"),)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (types.MessageActionChatEditTitle("Club"), ChatChange),
        (types.MessageActionChatDeletePhoto(), ChatChange),
        (types.MessageActionSetMessagesTTL(86400), ChatChange),
        (types.MessageActionPinMessage(), ChatChange),
        (types.MessageActionChatAddUser([502]), MemberChange),
        (types.MessageActionChatDeleteUser(502), MemberChange),
        (types.MessageActionChatMigrateTo(777), ChatGone),
        (types.MessageActionGroupCall(types.InputGroupCall(1, 2)), CallNoticed),
    ],
)
def test_what_happens_to_a_chat_is_understood(action: Any, expected: type) -> None:
    spoken = Spoken(told(action=action), ChatKey("x"), Sender("502", "Bob"), "501", 0)
    (happened,) = happenings(spoken) or []
    assert isinstance(happened, expected)


def test_what_is_not_known_is_named() -> None:
    assert read(action=types.MessageActionScreenshotTaken()) == (Unknown("a screenshot taken"),)
