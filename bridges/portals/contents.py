"""Parts of messages as contents of events. How they are read back: `readings.py`."""

from attrs import evolve, frozen

from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Contact, Link, Location, Media, Part, Poll, Text, Unknown, in_words
from bridges.portals.addresses import Addresses
from bridges.portals.conversion import showable
from bridges.portals.files import Files
from bridges.portals.formatting import prefixed, to_html
from bridges.portals.polls import poll_content

MSGTYPES = {"say": "m.text", "act": "m.emote", "notice": "m.notice"}
MEDIA_MSGTYPES = {
    "image": "m.image",
    "sticker": "m.image",
    "video": "m.video",
    "audio": "m.audio",
    "voice": "m.audio",
}
MESSAGE, STICKER, POLL = "m.room.message", "m.sticker", "org.matrix.msc3381.poll.start"
VCARD = "text/vcard"


@frozen
class Content:
    """Of an event, without its relations."""

    type: str
    json: JsonObject


@frozen
class Composer:
    """For one session, whose files and people it knows."""

    _files: Files
    _addresses: Addresses

    async def content(self, part: Part) -> Content:
        """What cannot be shown is said in words. Raises `Transient` when a file is not ready."""
        match part:
            case Media():
                return await self._media(part)
            case Contact():
                return await self._contact(part)
            case Poll():
                return Content(POLL, poll_content(part))
            case _:
                return Content(MESSAGE, self._message(part))

    def _message(self, part: Text | Location | Link | Unknown) -> JsonObject:
        match part:
            case Text():
                return self._text(part)
            case Location():
                return location_content(part)
            case Link():
                return self._text(Text(in_words(part)))
            case Unknown():
                return notice(in_words(part))

    def _text(self, text: Text) -> JsonObject:
        text, mentioned = self._addresses.for_matrix(text)
        content: JsonObject = {"msgtype": MSGTYPES.get(text.manner, "m.text"), "body": text.body}
        if html := to_html(text):
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        # Said even when nobody is named, so that clients do not look for names in the text.
        return content | {"m.mentions": {"user_ids": mentioned} if mentioned else {}}

    async def _media(self, media: Media) -> Content:
        """A file that cannot be had is said in words."""
        try:
            media, data = await showable(media, await self._files.read(media.content))
            where = await self._files.place(data, media.mime, media.name)
            info = media_info(media, len(data)) | await self._thumbnail(media)
        except Rejected as error:
            return Content(MESSAGE, notice(f"{in_words(media)} ({error})"))
        if media.kind == "sticker" and media.caption is None and media.mime.startswith("image/"):
            return Content(STICKER, {"body": media.name, "info": info} | where)
        content: JsonObject = {"body": media.name}
        if media.caption is not None:
            content = self._text(media.caption)
        content |= {"msgtype": MEDIA_MSGTYPES.get(media.kind, "m.file"), "filename": media.name}
        content |= {"info": info} | where
        if media.look.is_spoiler:
            content["page.codeberg.everypizza.msc4193.spoiler"] = True
        return Content(MESSAGE, content | (voice_fields(media) if media.kind == "voice" else {}))

    async def _thumbnail(self, media: Media) -> JsonObject:
        if media.look.thumbnail is None:
            return {}
        data = await self._files.read(media.look.thumbnail)
        where = await self._files.place(data, "image/jpeg", "thumbnail")
        info = {"mimetype": "image/jpeg", "size": len(data)}
        return {f"thumbnail_{name}": it for name, it in where.items()} | {"thumbnail_info": info}

    async def _contact(self, contact: Contact) -> Content:
        """As a file that phones can read, if there is one, with what it says beside."""
        said = " ".join((contact.name, *contact.phones))
        if not contact.vcard:
            return Content(MESSAGE, notice(in_words(contact)))
        name = f"{contact.name or 'contact'}.vcf"
        return await self._media(
            Media("file", name, VCARD, contact.vcard.encode(), caption=Text(said))
        )


def notice(body: str) -> JsonObject:
    return {"msgtype": "m.notice", "body": body}


def location_content(place: Location) -> JsonObject:
    uri, words = f"geo:{place.latitude},{place.longitude}", in_words(place)
    return {
        "msgtype": "m.location",
        "body": words,
        "geo_uri": uri,
        "org.matrix.msc3488.location": {"uri": uri, "description": place.name},
        "org.matrix.msc3488.asset": {"type": "m.pin"},
    }


def media_info(media: Media, size: int) -> JsonObject:
    look = media.look
    known = {"w": look.width, "h": look.height, "duration": look.duration_ms}
    info: JsonObject = {"mimetype": media.mime, "size": size}
    info |= {name: value for name, value in known.items() if value is not None}
    return info | ({"is_animated": True, "fi.mau.gif": True} if look.is_animated else {})


def voice_fields(media: Media) -> JsonObject:
    """MSC3245, in the form that clients know."""
    audio: JsonObject = {}
    if media.look.duration_ms is not None:
        audio["duration"] = media.look.duration_ms
    if media.look.waveform:
        audio["waveform"] = [round(it * 1024 / 100) for it in media.look.waveform]
    return {"org.matrix.msc1767.audio": audio, "org.matrix.msc3245.voice": {}}


def forwarded(part: Part, whose: str) -> Part:
    """With a line that says whose words they are."""
    line = f"Forwarded from {whose}:\n"
    match part:
        case Text():
            return prefixed(line, part)
        case Media():
            return evolve(part, caption=prefixed(line, part.caption or Text("")))
        case _:
            return part
