"""Parts of messages as the contents of events, and back."""

from typing import Any

from bridges.kit.parts import Location, Media, Part, Text, Unknown, in_words
from bridges.matrix.client import MatrixError
from bridges.matrix.rooms import Accounts
from bridges.portals.formatting import from_html, prefixed, to_html

JsonObject = dict[str, Any]

MSGTYPES = {"say": "m.text", "act": "m.emote", "notice": "m.notice"}
MANNERS = {msgtype: manner for manner, msgtype in MSGTYPES.items()}
MEDIA = {"m.image": "image", "m.video": "video", "m.audio": "audio", "m.file": "file"}


async def to_content(accounts: Accounts, part: Part) -> JsonObject:
    match part:
        case Text():
            return text_content(part)
        case Media():
            uri = await accounts.upload(part.content, part.mime, part.name)
            info = {"mimetype": part.mime, "size": len(part.content)}
            return {"msgtype": f"m.{part.kind}", "body": part.name, "url": uri, "info": info}
        case Location():
            uri = f"geo:{part.latitude},{part.longitude}"
            return {"msgtype": "m.location", "body": in_words(part), "geo_uri": uri}
        case Unknown():
            return {"msgtype": "m.notice", "body": in_words(part)}


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
    if not isinstance(uri, str) or (isinstance(size, int) and size > limit):
        return Unknown(f"{kind}: {name}")
    try:
        data = await accounts.download(uri)
    except MatrixError:
        return Unknown(f"{kind}: {name} (cannot be fetched)")
    mime = str(info.get("mimetype", "")) if isinstance(info, dict) else ""
    if len(data) > limit:
        return Unknown(f"{kind}: {name}")
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
