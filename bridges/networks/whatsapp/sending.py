"""What people on Matrix say, as the Cloud API wants it."""

from collections.abc import AsyncIterator
from time import time

from attrs import frozen

from bridges.kit.failures import NetworkFailure, Rejected, WindowClosed
from bridges.kit.json_values import JsonObject
from bridges.kit.marks import to_marks
from bridges.kit.network import Accepts, Bridge
from bridges.kit.parts import ChatKey, Contact, Location, Media, Outgoing, Part, Text, in_words
from bridges.kit.web import Lost
from bridges.networks.whatsapp.people import People
from bridges.networks.whatsapp.sent import Sent
from bridges.networks.whatsapp.settings import WhatsappSettings
from bridges.networks.whatsapp.wire import WINDOW, Wire

MAX_TEXT, MAX_CAPTION = 4096, 1024
WINDOW_S = 24 * 3600
MEDIA = {
    "image": Accepts(("image/jpeg", "image/png"), 5_000_000),
    "video": Accepts(("video/mp4", "video/3gpp"), 16_000_000),
    "audio": Accepts(
        ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16_000_000
    ),
    "voice": Accepts(("audio/ogg",), 16_000_000),
    "sticker": Accepts(("image/webp",), 500_000),
    "file": Accepts((), 100_000_000),
}
TYPES = {"file": "document", "voice": "audio"}


@frozen
class Sending:
    _wire: Wire
    _bridge: Bridge
    _people: People
    _sent: Sent
    _settings: WhatsappSettings

    async def send(self, out: Outgoing) -> tuple[str, ...]:
        """The ids of the messages that it became."""
        await self._check_window(out.chat)
        ids = []
        async for place, body in numbered(self._bodies(out.parts)):
            transaction = f"{out.transaction}.{place}" if place else out.transaction
            if out.reply_to and not place:
                body["context"] = {"message_id": out.reply_to}
            ids.append(await self.post(out.chat, body, transaction))
        if not ids:
            raise Rejected("WhatsApp takes no empty messages.")
        return tuple(ids)

    async def post(self, chat: ChatKey, body: JsonObject, transaction: str) -> str:
        """Not sent again, if WhatsApp says that it has what was sent over a broken connection."""
        place, address = f"sending {chat.id}", await self._address(chat)
        was_tried = await self._bridge.kept(place) == transaction
        if was_tried and (known := await self._recall(transaction)):
            return known
        await self._bridge.keep(place, transaction)
        whole = address | body | {"biz_opaque_callback_data": transaction}
        try:
            answer = await self._wire.post(whole)
        except Lost:
            if known := await self._recall(transaction):
                return known
            raise
        except NetworkFailure:
            await self._bridge.keep(place, "")
            raise
        await self._bridge.keep(place, "")
        messages = answer.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        if not isinstance(first, dict) or not isinstance(first.get("id"), str):
            raise Rejected("WhatsApp does not say which message it was.")
        return str(first["id"])

    async def _recall(self, transaction: str) -> str | None:
        return await self._sent.recall(transaction, self._settings.recall_s)

    async def _address(self, chat: ChatKey) -> JsonObject:
        if await self._bridge.kept(f"group {chat.id}"):
            return {"recipient_type": "group", "to": chat.id}
        return {"recipient_type": "individual"} | await self._people.address(chat.id)

    async def _check_window(self, chat: ChatKey) -> None:
        """Whom we never heard, WhatsApp itself judges."""
        heard = int(await self._bridge.kept(f"heard {chat.id}") or 0)
        if not heard or time() - heard <= WINDOW_S:
            return
        if not self._settings.template:
            raise WindowClosed(WINDOW)
        await self._ask_to_write(chat, heard)
        raise WindowClosed(f"{WINDOW} They were asked to write; say it again when they have.")

    async def _ask_to_write(self, chat: ChatKey, heard: int) -> None:
        """Once for each silence."""
        if await self._bridge.kept(f"asked {chat.id}") == str(heard):
            return
        language = {"code": self._settings.template_language}
        template = {"name": self._settings.template, "language": language}
        body = {"type": "template", "template": template}
        await self.post(chat, body, f"template {chat.id} {heard}")
        await self._bridge.keep(f"asked {chat.id}", str(heard))

    async def _bodies(self, parts: tuple[Part, ...]) -> AsyncIterator[JsonObject]:
        for part in parts:
            match part:
                case Text():
                    if (body := to_marks(part)).strip():
                        yield {"type": "text", "text": {"body": body, "preview_url": True}}
                case Media():
                    yield await self._file(part)
                case Location():
                    place = {"latitude": part.latitude, "longitude": part.longitude}
                    named = {"name": part.name} if part.name else {}
                    yield {"type": "location", "location": place | named}
                case Contact():
                    yield {"type": "contacts", "contacts": [card(part)]}
                case _:
                    words = in_words(part)
                    yield {"type": "text", "text": {"body": words, "preview_url": False}}

    async def _file(self, media: Media) -> JsonObject:
        accepts = MEDIA.get(media.kind, MEDIA["file"])
        fits = not accepts.mimes or media.mime in accepts.mimes
        kind = media.kind if fits and media.kind in MEDIA else "file"
        content = await media.content.read(MEDIA[kind].max_bytes)
        thing: JsonObject = {"id": await self._wire.upload(media.mime, media.name, content)}
        if media.caption and kind not in ("audio", "voice", "sticker"):
            thing["caption"] = to_marks(media.caption)[:MAX_CAPTION]
        if kind == "file":
            thing["filename"] = media.name
        if kind == "voice":
            thing["voice"] = True
        type = TYPES.get(kind, kind)
        return {"type": type, type: thing}


def card(contact: Contact) -> JsonObject:
    phones = [{"phone": it} for it in contact.phones]
    name = {"formatted_name": contact.name, "first_name": contact.name}
    return {"name": name, "phones": phones}


async def numbered(
    bodies: AsyncIterator[JsonObject],
) -> AsyncIterator[tuple[int, JsonObject]]:
    place = 0
    async for body in bodies:
        yield place, body
        place += 1
