"""What a person on Matrix says, as calls to the Bot API: one for each message it becomes."""

from collections.abc import Iterator

from attrs import field, frozen

from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import (
    Contact,
    Location,
    Media,
    Outgoing,
    Part,
    Poll,
    Text,
    in_words,
)
from bridges.kit.utf16 import length
from bridges.networks.telegram.chats import number
from bridges.networks.telegram.entities import pieces, to_entities
from bridges.networks.telegram.names import Place
from bridges.networks.telegram.wire import File

MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_PIECES = 10
MAX_PHOTO = 10_000_000
MAX_QUESTION, MAX_OPTION, MAX_OPTIONS, MAX_PLACE = 300, 100, 12, 250

PHOTOS = frozenset(("image/jpeg", "image/png", "image/webp"))
STICKERS = ("image/webp", "application/x-tgsticker", "video/webm")
SONGS = ("audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/aac")
VOICES = ("audio/ogg", "audio/opus", *SONGS)


@frozen
class Call:
    method: str
    parameters: JsonObject
    files: dict[str, File] = field(factory=dict, repr=False)


async def calls(out: Outgoing, where: Place, max_bytes: int) -> list[Call]:
    """At least one. Raises Rejected for what Telegram has no place for."""
    made = [call for part in out.parts for call in await of_part(part, max_bytes)]
    if not made:
        raise Rejected("Telegram takes no empty messages.")
    if len(made) > MAX_PIECES:
        raise Rejected(f"That would be more than {MAX_PIECES} messages on Telegram.")
    replies = reply(out.reply_to) if out.reply_to else {}
    return [
        Call(it.method, where.parameters() | it.parameters | ({} if turn else replies), it.files)
        for turn, it in enumerate(made)
    ]


def reply(target: str) -> JsonObject:
    """To a message that is gone the words go as they are."""
    parameters = {"message_id": number(target), "allow_sending_without_reply": True}
    return {"reply_parameters": parameters}


async def of_part(part: Part, max_bytes: int) -> list[Call]:
    match part:
        case Text():
            return list(texts(part))
        case Media():
            return await media(part, max_bytes)
        case Location():
            return [location(part)]
        case Poll():
            return [poll(part)]
        case Contact(phones=(phone, *_)):
            card = {"phone_number": phone, "first_name": part.name[:64] or phone}
            return [Call("sendContact", card | ({"vcard": part.vcard} if part.vcard else {}))]
        case _:
            return list(texts(Text(in_words(part))))


def location(part: Location) -> Call:
    coordinates = {"latitude": part.latitude, "longitude": part.longitude}
    if not part.name:
        return Call("sendLocation", coordinates)
    name = part.name[:MAX_PLACE]
    return Call("sendVenue", coordinates | {"title": name, "address": name})


def texts(text: Text) -> Iterator[Call]:
    for piece in pieces(cleaned(text), MAX_TEXT):
        yield Call("sendMessage", {"text": piece.body, "entities": to_entities(piece)})


def cleaned(text: Text) -> Text:
    """What is no text in UTF-8 becomes a mark; letters keep their places."""
    body = text.body.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    return Text(body, text.spans, text.manner)


def poll(part: Poll) -> Call:
    if not 1 <= len(part.options) <= MAX_OPTIONS:
        raise Rejected(f"A poll on Telegram has 1 to {MAX_OPTIONS} options.")
    options = [{"text": it[:MAX_OPTION] or "-"} for it in part.options]
    return Call(
        "sendPoll",
        {
            "question": part.question[:MAX_QUESTION] or "?",
            "options": options,
            "is_anonymous": False,
            "allows_multiple_answers": part.most > 1,
        },
    )


async def media(part: Media, max_bytes: int) -> list[Call]:
    content = await part.content.read(max_bytes)
    if not content:
        raise Rejected("The file is empty.")
    method, slot = kind_of(part, len(content))
    parameters: JsonObject = {slot: f"attach://{slot}_file"}
    after: list[Call] = []
    if caption := part.caption:
        caption = cleaned(caption)
        if slot != "sticker" and length(caption.body) <= MAX_CAPTION:
            entities = to_entities(caption)
            parameters |= {"caption": caption.body, "caption_entities": entities}
        else:
            after = list(texts(caption))
    if slot in ("photo", "video", "animation") and part.look.is_spoiler:
        parameters["has_spoiler"] = True
    if slot in ("video", "animation"):
        parameters |= {"width": part.look.width, "height": part.look.height}
    if slot in ("video", "animation", "voice", "audio") and part.look.duration_ms:
        parameters["duration"] = round(part.look.duration_ms / 1000)
    file = File(part.name or slot, part.mime, content)
    return [Call(method, parameters, {f"{slot}_file": file}), *after]


def kind_of(part: Media, size: int) -> tuple[str, str]:
    """The method, and the member that names the file. What does not fit goes as a document."""
    slot = slot_for(part, part.mime.split(";")[0].strip().lower(), size)
    return f"send{slot.capitalize()}", slot


def slot_for(part: Media, mime: str, size: int) -> str:
    kind = part.kind
    fitting = {
        "sticker": kind == "sticker" and mime in STICKERS,
        "animation": mime == "image/gif" or (kind == "video" and part.look.is_animated),
        "photo": kind in ("image", "sticker") and mime in PHOTOS and size <= MAX_PHOTO,
        "video": kind == "video" and mime == "video/mp4",
        "voice": kind == "voice" and mime in VOICES,
        "audio": kind in ("audio", "voice") and mime in SONGS,
    }
    return next((slot for slot, fits in fitting.items() if fits), "document")
