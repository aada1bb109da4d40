"""What a message of Telegram is made of, as parts."""

from collections.abc import Callable
from typing import Any

from bridges.kit.json_values import JsonObject
from bridges.kit.parts import (
    Contact,
    Location,
    Look,
    Media,
    Part,
    Poll,
    Span,
    Text,
    Unknown,
)
from bridges.kit.sources import kept_there
from bridges.networks.telegram.entities import from_entities
from bridges.networks.telegram.names import name_of

ENVELOPE = frozenset(
    (
        "message_id",
        "message_thread_id",
        "is_topic_message",
        "date",
        "edit_date",
        "from",
        "sender_chat",
        "sender_boost_count",
        "sender_business_bot",
        "sender_tag",
        "business_connection_id",
        "chat",
        "forward_origin",
        "is_automatic_forward",
        "reply_to_message",
        "external_reply",
        "quote",
        "reply_to_story",
        "reply_markup",
        "via_bot",
        "has_protected_content",
        "is_from_offline",
        "media_group_id",
        "author_signature",
        "caption",
        "caption_entities",
        "show_caption_above_media",
        "has_media_spoiler",
        "link_preview_options",
        "effect_id",
        "entities",
    )
)
"""Members of a message that are about it; any other is what it says."""

MAX_OPTIONS = 20
BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What reading may raise when something is not shaped as it should be."""


def parts(message: JsonObject, max_bytes: int) -> tuple[Part, ...]:
    """Never empty: what is not known is named. Files over `max_bytes` are not to be had."""
    for member, read in READERS.items():
        content = message.get(member)
        if isinstance(content, dict | list | str) and content:
            try:
                return tuple(fitting(it, message, max_bytes) for it in read(message, content))
            except BROKEN:
                return (Unknown(f"{one(member)} that could not be read"),)
    unknown = sorted(set(message) - ENVELOPE)
    return (Unknown(one(unknown[0]) if unknown else "a message that cannot be shown"),)


def one(member: str) -> str:
    return f"{'an' if member[0] in 'aeiou' else 'a'} {said(member)}"


def said(member: str) -> str:
    return member.replace("_", " ")


def fitting(part: Part, message: JsonObject, max_bytes: int) -> Part:
    """With what stands beside a file; a file that is too large is told of in words."""
    if not isinstance(part, Media):
        return part
    if (part.content.size or 0) <= max_bytes:
        return part
    limit = f"Telegram hands bots no files over {max_bytes // 1_000_000} MB"
    about = f"{part.kind}: {part.name}, {part.content.size:,} bytes; {limit}"
    return Unknown(f"{about}: {part.caption.body}" if part.caption else about)


def text(message: JsonObject, content: str) -> list[Part]:
    return [quoting(message, from_entities(content, message.get("entities")))]


def quoting(message: JsonObject, text: Text) -> Text:
    """The words that the sender has picked from what they answer, before their own."""
    quote = message.get("quote")
    words = quote.get("text") if isinstance(quote, dict) and quote.get("is_manual") else None
    if not isinstance(words, str) or not words:
        return text
    start = len(words) + 1
    moved = [Span(it.start + start, it.length, it.kind, it.argument) for it in text.spans]
    spans = (Span(0, len(words), "quote"), *moved)
    return Text(f"{words}\n{text.body}", spans, text.manner)


def caption(message: JsonObject) -> Text | None:
    words = message.get("caption")
    if not isinstance(words, str) or not words:
        return None
    return from_entities(words, message.get("caption_entities"))


def media(
    message: JsonObject, file: JsonObject, kind: str, name: str, mime: str, animated: bool = False
) -> Media:
    thumbnail = file.get("thumbnail")
    look = Look(
        width=number(file, "width") or number(file, "length"),
        height=number(file, "height") or number(file, "length"),
        duration_ms=(number(file, "duration") or 0) * 1000 or None,
        is_animated=animated,
        is_spoiler=message.get("has_media_spoiler") is True,
        thumbnail=kept_there(str(thumbnail["file_id"]), number(thumbnail, "file_size"))
        if isinstance(thumbnail, dict) and "file_id" in thumbnail
        else None,
    )
    return Media(
        kind,
        str(file.get("file_name") or name),
        str(file.get("mime_type") or mime),
        kept_there(str(file["file_id"]), number(file, "file_size")),
        caption(message),
        look,
    )


def number(given: JsonObject, key: str) -> int | None:
    value = given.get(key)
    return value if isinstance(value, int) and value > 0 else None


def photo(message: JsonObject, sizes: list[JsonObject]) -> list[Part]:
    largest = max(sizes, key=lambda it: it.get("width", 0) * it.get("height", 0))
    return [media(message, largest, "image", "photo.jpg", "image/jpeg")]


def animation(message: JsonObject, file: JsonObject) -> list[Part]:
    return [media(message, file, "video", "animation.mp4", "video/mp4", animated=True)]


def video(message: JsonObject, file: JsonObject) -> list[Part]:
    return [media(message, file, "video", "video.mp4", "video/mp4")]


def video_note(message: JsonObject, file: JsonObject) -> list[Part]:
    return [media(message, file, "video", "video message.mp4", "video/mp4")]


def audio(message: JsonObject, file: JsonObject) -> list[Part]:
    names = [str(file[it]) for it in ("performer", "title") if file.get(it)]
    return [media(message, file, "audio", " - ".join(names) or "audio.mp3", "audio/mpeg")]


def voice(message: JsonObject, file: JsonObject) -> list[Part]:
    return [media(message, file, "voice", "voice.ogg", "audio/ogg")]


def document(message: JsonObject, file: JsonObject) -> list[Part]:
    return [media(message, file, "file", "file", "application/octet-stream")]


def sticker(message: JsonObject, file: JsonObject) -> list[Part]:
    if file.get("is_animated"):
        name, mime = "sticker.tgs", "application/x-tgsticker"
    elif file.get("is_video"):
        name, mime = "sticker.webm", "video/webm"
    else:
        name, mime = "sticker.webp", "image/webp"
    moves = mime != "image/webp"
    shown = str(file.get("emoji") or name)
    return [media(message, {**file, "file_name": shown}, "sticker", name, mime, moves)]


def location(message: JsonObject, where: JsonObject) -> list[Part]:
    return [Location(float(where["latitude"]), float(where["longitude"]))]


def venue(message: JsonObject, it: JsonObject) -> list[Part]:
    where = it["location"]
    name = ", ".join(str(it[key]) for key in ("title", "address") if it.get(key))
    return [Location(float(where["latitude"]), float(where["longitude"]), name)]


def contact(message: JsonObject, card: JsonObject) -> list[Part]:
    phones = (str(card["phone_number"]),) if card.get("phone_number") else ()
    return [Contact(name_of(card), phones, str(card.get("vcard") or ""))]


def poll(message: JsonObject, it: JsonObject) -> list[Part]:
    options = tuple(str(one["text"]) for one in it["options"][:MAX_OPTIONS])
    most = len(options) if it.get("allows_multiple_answers") else 1
    return [Poll(str(it["question"]), options, most)]


def dice(message: JsonObject, it: JsonObject) -> list[Part]:
    return [Text(f"{it['emoji']} {it['value']}")]


def game(message: JsonObject, it: JsonObject) -> list[Part]:
    return [Unknown(f"a game: {it['title']}")]


def invoice(message: JsonObject, it: JsonObject) -> list[Part]:
    return [Unknown(f"an invoice: {it['title']}")]


def checklist(message: JsonObject, it: JsonObject) -> list[Part]:
    tasks = [f"\n• {one['text']}" for one in it["tasks"]]
    return [Text(str(it["title"]) + "".join(tasks))]


READERS: dict[str, Callable[[JsonObject, Any], list[Part]]] = {
    "text": text,
    "animation": animation,
    "audio": audio,
    "document": document,
    "photo": photo,
    "sticker": sticker,
    "video": video,
    "video_note": video_note,
    "voice": voice,
    "venue": venue,
    "location": location,
    "contact": contact,
    "poll": poll,
    "dice": dice,
    "game": game,
    "invoice": invoice,
    "checklist": checklist,
}
"""The order counts: an animation is a document too, and a venue a location."""


def forwarded_from(message: JsonObject) -> str:
    """Whose words they were; empty if they are the sender's own."""
    origin = message.get("forward_origin")
    if not isinstance(origin, dict):
        return ""
    for member in ("sender_user", "sender_chat", "chat"):
        if isinstance(origin.get(member), dict):
            return name_of(origin[member])
    return str(origin.get("sender_user_name") or "somebody")
