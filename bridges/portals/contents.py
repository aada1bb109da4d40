"""Parts of messages as the contents of events, and back."""

from typing import Any

from bridges.kit.failures import Rejected
from bridges.kit.parts import Contact, Link, Location, Media, Part, Poll, Text, Unknown, in_words
from bridges.matrix.rooms import Accounts
from bridges.portals.files import Files, from_matrix
from bridges.portals.formatting import from_html, prefixed, to_html

JsonObject = dict[str, Any]

MSGTYPES = {"say": "m.text", "act": "m.emote", "notice": "m.notice"}
MANNERS = {msgtype: manner for manner, msgtype in MSGTYPES.items()}
MSGTYPES_OF_MEDIA = {
    "image": "m.image",
    "sticker": "m.image",
    "video": "m.video",
    "audio": "m.audio",
    "voice": "m.audio",
}
MEDIA = {"m.image": "image", "m.video": "video", "m.audio": "audio", "m.file": "file"}


async def to_content(files: Files, part: Part) -> JsonObject:
    match part:
        case Text():
            return text_content(part)
        case Media():
            return await media_content(files, part)
        case Location():
            uri = f"geo:{part.latitude},{part.longitude}"
            return {"msgtype": "m.location", "body": in_words(part), "geo_uri": uri}
        case Contact() | Link() | Poll():
            return {"msgtype": "m.text", "body": in_words(part)}
        case Unknown():
            return {"msgtype": "m.notice", "body": in_words(part)}


async def media_content(files: Files, media: Media) -> JsonObject:
    """A file that cannot be had is said in words."""
    try:
        data = await files.read(media.content)
        uri = await files.upload(data, media.mime, media.name)
    except Rejected as error:
        return {"msgtype": "m.notice", "body": f"{in_words(media)} ({error})"}
    info = {"mimetype": media.mime, "size": len(data)}
    kind = MSGTYPES_OF_MEDIA.get(media.kind, "m.file")
    content = text_content(media.caption) if media.caption else {"body": media.name}
    return content | {"msgtype": kind, "filename": media.name, "url": uri, "info": info}


def text_content(text: Text) -> JsonObject:
    content: JsonObject = {"msgtype": MSGTYPES.get(text.manner, "m.text"), "body": text.body}
    if html := to_html(text):
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content


async def to_part(accounts: Accounts, event_type: str, content: JsonObject, limit: int) -> Part:
    """`limit`: the size up to which the network takes files."""
    msgtype = content.get("msgtype") if event_type == "m.room.message" else event_type
    if msgtype in MANNERS:
        return to_text(content, MANNERS[str(msgtype)])
    if msgtype in MEDIA or msgtype == "m.sticker":
        return await to_media(accounts, content, MEDIA.get(str(msgtype), "image"), limit)
    if msgtype == "m.location" and (place := to_location(content)):
        return place
    return Unknown(str(content.get("body") or f"something of the type {msgtype}"))


def to_text(content: JsonObject, manner: str) -> Text:
    html = content.get("formatted_body")
    if content.get("format") == "org.matrix.custom.html" and isinstance(html, str):
        return from_html(html, manner)
    return Text(without_quotation(content), manner=manner)


def without_quotation(content: JsonObject) -> str:
    """Older clients repeat in a reply what it answers."""
    body = str(content.get("body", ""))
    relates = content.get("m.relates_to")
    if isinstance(relates, dict) and "m.in_reply_to" in relates and body.startswith("> "):
        quoted, gap, rest = body.partition("\n\n")
        return rest if gap and all(it.startswith(">") for it in quoted.split("\n")) else body
    return body


async def to_media(accounts: Accounts, content: JsonObject, kind: str, limit: int) -> Part:
    info = content.get("info") if isinstance(content.get("info"), dict) else {}
    size = info.get("size", 0) if isinstance(info, dict) else 0
    name, uri = str(content.get("filename") or content.get("body") or kind), content.get("url")
    if not isinstance(uri, str) or not limit or (isinstance(size, int) and size > limit):
        return Unknown(f"{kind}: {name}")
    try:
        data = await from_matrix(accounts, uri, None).read(limit)
    except Rejected as error:
        return Unknown(f"{kind}: {name} ({error})")
    mime = str(info.get("mimetype", "")) if isinstance(info, dict) else ""
    return Media(kind, name, mime or "application/octet-stream", data)


def to_location(content: JsonObject) -> Location | None:
    try:
        latitude, longitude = (
            str(content["geo_uri"]).removeprefix("geo:").split(";")[0].split(",")[:2]
        )
        return Location(float(latitude), float(longitude))
    except (KeyError, ValueError):
        return None


def said_by(name: str, part: Part) -> Part:
    """The words of somebody whom another's login carries."""
    match part:
        case Text(manner="act"):
            return prefixed(f"* {name} ", Text(part.body, part.spans))
        case Text():
            return prefixed(f"<{name}> ", part)
        case _:
            return part
