"""Events as parts of messages. How they are made: `contents.py`."""

import re

from attrs import evolve, frozen

from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Contact, Location, Look, Media, Part, Text, Unknown
from bridges.matrix.rooms import Accounts
from bridges.portals.addresses import Addresses
from bridges.portals.contents import MESSAGE, MSGTYPES, VCARD
from bridges.portals.files import from_matrix
from bridges.portals.formatting import from_html
from bridges.portals.polls import STARTS, read_poll

MANNERS = {msgtype: manner for manner, msgtype in MSGTYPES.items()}
MEDIA = {"m.image": "image", "m.video": "video", "m.audio": "audio", "m.file": "file"}
MAX_WAVEFORM, MAX_CARD = 200, 1_000_000
CARD_LINE = re.compile(r"^(FN|TEL)[^:\r\n]*:(.*)$", re.IGNORECASE | re.MULTILINE)


@frozen
class Reader:
    _accounts: Accounts
    _addresses: Addresses

    def part(self, event_type: str, content: JsonObject) -> Part:
        """Files are fetched when the network reads them."""
        msgtype = str(content.get("msgtype")) if event_type == MESSAGE else event_type
        if msgtype in MANNERS:
            return self._text(content, MANNERS[msgtype])
        if (msgtype in MEDIA or msgtype == "m.sticker") and address_of(content):
            return self._media(content, MEDIA.get(msgtype, "sticker"))
        if msgtype == "m.location" and (place := to_location(content)):
            return place
        if msgtype in STARTS and (read := read_poll(content)):
            return read[0]
        return Unknown(str(content.get("body") or f"something of the type {msgtype}"))

    def _text(self, content: JsonObject, manner: str = "say") -> Text:
        html = content.get("formatted_body")
        if content.get("format") == "org.matrix.custom.html" and isinstance(html, str):
            return self._addresses.for_network(from_html(html, manner))
        return Text(without_quotation(content), manner=manner)

    def _media(self, content: JsonObject, kind: str) -> Part:
        info = content.get("info")
        info = info if isinstance(info, dict) else {}
        body, name = str(content.get("body", "")), content.get("filename")
        has_caption = isinstance(name, str) and name != body and body
        if "org.matrix.msc3245.voice" in content:
            kind = "voice"
        mime, size = str(info.get("mimetype") or ""), info.get("size")
        media = Media(
            kind=kind,
            name=str(name or body or kind),
            mime=mime or "application/octet-stream",
            content=from_matrix(
                self._accounts,
                address_of(content),
                size if isinstance(size, int) else None,
                encrypted_file(content),
            ),
            caption=self._text(content) if has_caption else None,
        )
        return evolve(media, look=look_of(content, info))


def encrypted_file(content: JsonObject) -> JsonObject | None:
    file = content.get("file")
    return file if isinstance(file, dict) else None


def address_of(content: JsonObject) -> str:
    """Where the file is, encrypted or not."""
    address = (encrypted_file(content) or content).get("url")
    return address if isinstance(address, str) else ""


async def card_of(media: Media) -> Contact | None:
    """A file that is a card of somebody."""
    if media.mime.split(";")[0] not in (VCARD, "text/x-vcard"):
        return None
    card = (await media.content.read(MAX_CARD)).decode(errors="replace")
    lines = [(name.upper(), value.strip()) for name, value in CARD_LINE.findall(card)]
    names = [value for name, value in lines if name == "FN"]
    phones = tuple(value for name, value in lines if name == "TEL")
    return Contact(names[0] if names else media.name, phones, card)


def look_of(content: JsonObject, info: JsonObject) -> Look:
    def number(value: object) -> int | None:
        return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else None

    audio = content.get("org.matrix.msc1767.audio")
    audio = audio if isinstance(audio, dict) else {}
    wave = audio.get("waveform")
    wave = wave[:MAX_WAVEFORM] if isinstance(wave, list) else []
    return Look(
        width=number(info.get("w")),
        height=number(info.get("h")),
        duration_ms=number(info.get("duration", audio.get("duration"))),
        waveform=tuple(min(100, round(it * 100 / 1024)) for it in wave if number(it) is not None),
        is_animated=info.get("is_animated") is True or info.get("mimetype") == "image/gif",
        is_spoiler=content.get("page.codeberg.everypizza.msc4193.spoiler") is True,
    )


def without_quotation(content: JsonObject) -> str:
    """Older clients repeat in a reply what it answers."""
    body = str(content.get("body", ""))
    relates = content.get("m.relates_to")
    if isinstance(relates, dict) and "m.in_reply_to" in relates and body.startswith("> "):
        quoted, gap, rest = body.partition("\n\n")
        return rest if gap and all(it.startswith(">") for it in quoted.split("\n")) else body
    return body


def to_location(content: JsonObject) -> Location | None:
    try:
        latitude, longitude = (
            str(content["geo_uri"]).removeprefix("geo:").split(";")[0].split(",")[:2]
        )
        described = content.get("org.matrix.msc3488.location")
        name = described.get("description") if isinstance(described, dict) else ""
        return Location(float(latitude), float(longitude), str(name or ""))
    except (KeyError, ValueError):
        return None
