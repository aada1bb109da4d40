"""What people on Matrix say, as VK wants it. VK: "messages.send", "Uploading files"."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from attrs import define, field, frozen

from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject, number
from bridges.kit.network import Bridge
from bridges.kit.parts import Location, Media, Outgoing, Part, Text, in_words
from bridges.kit.utf16 import length
from bridges.networks.vk.wire import Refused, Wire
from bridges.networks.vk.words import to_vk

MAX_ATTACHMENTS = 10
MAX_TEXT = 4096
PICTURES = ("image/jpeg", "image/png")


@define
class Draft:
    body: str = ""
    items: list[JsonObject] = field(factory=list)
    attachments: list[str] = field(factory=list)
    place: Location | None = None

    def says(self, text: Text) -> None:
        body, looks = to_vk(text)
        start = self.body + "\n" if self.body else ""
        shift = length(start)
        for item in looks["items"] if looks else ():
            self.items.append(item | {"offset": item["offset"] + shift})
        self.body = start + body

    def parameters(self) -> dict[str, object]:
        if not self.body.strip() and not self.attachments and self.place is None:
            raise Rejected("VK takes no empty messages.")
        found: dict[str, object] = {"message": self.body}
        if self.items:
            found["format_data"] = {"version": 1, "items": self.items}
        if self.attachments:
            found["attachment"] = ",".join(self.attachments)
        if self.place:
            found |= {"lat": self.place.latitude, "long": self.place.longitude}
        return found


@frozen
class Sending:
    _wire: Wire
    _bridge: Bridge
    _media_max_bytes: int

    async def send(self, out: Outgoing) -> str:
        """The number of the message in its chat. The same transaction is the same message."""
        draft = await self._draft(out.chat.id, out.parts)
        unique = random_id(out.chat.id, out.transaction)
        await self._bridge.keep(f"sending {out.chat.id}", str(unique))
        answer = await self._wire.call(
            "messages.send",
            peer_ids=out.chat.id,
            random_id=unique,
            dont_parse_links=False,
            forward=answer_to(out.chat.id, out.reply_to) if out.reply_to else None,
            **draft.parameters(),
        )
        sent = answer[0] if isinstance(answer, list) and answer else None
        if not isinstance(sent, dict):
            raise Rejected("VK does not say which message it was.")
        if isinstance(error := sent.get("error"), dict):
            raise Refused(number(error, "code"), str(error.get("description") or ""))
        return str(number(sent, "conversation_message_id"))

    async def edit(self, target: str, out: Outgoing) -> None:
        draft = await self._draft(out.chat.id, out.parts)
        await self._wire.call(
            "messages.edit",
            peer_id=out.chat.id,
            cmid=target,
            keep_forward_messages=True,
            keep_snippets=True,
            **draft.parameters(),
        )

    async def _draft(self, peer: str, parts: Sequence[Part]) -> Draft:
        draft = Draft()
        for part in parts:
            match part:
                case Text():
                    draft.says(part)
                case Media():
                    if part.caption:
                        draft.says(part.caption)
                    if len(draft.attachments) < MAX_ATTACHMENTS:
                        draft.attachments.append(await self._upload(peer, part))
                case Location():
                    draft.place = part
                case _:
                    draft.says(Text(in_words(part)))
        return draft

    async def _upload(self, peer: str, media: Media) -> str:
        content = await media.content.read(self._media_max_bytes)
        if media.kind in ("image", "sticker") and media.mime in PICTURES:
            return await self._photo(peer, media, content)
        return await self._document(peer, media, content)

    async def _photo(self, peer: str, media: Media, content: bytes) -> str:
        there = await self._wire.call("photos.getMessagesUploadServer", peer_id=peer)
        taken = await self._wire.upload(address(there), "photo", media.name, media.mime, content)
        known = {name: taken.get(name) for name in ("server", "photo", "hash")}
        return named("photo", first(await self._wire.call("photos.saveMessagesPhoto", **known)))

    async def _document(self, peer: str, media: Media, content: bytes) -> str:
        type = "audio_message" if media.kind == "voice" else "doc"
        method = "docs.getMessagesUploadServer"
        there = await self._wire.call(method, peer_id=peer, type=type)
        taken = await self._wire.upload(address(there), "file", media.name, media.mime, content)
        saved = await self._wire.call("docs.save", file=taken.get("file"), title=media.name)
        kind = saved.get("type") if isinstance(saved, dict) else None
        return named("doc", first(saved.get(kind) if kind in ("doc", "audio_message") else saved))


def random_id(chat: str, transaction: str) -> int:
    """VK does not send twice what has the same number, which must not be 0."""
    digest = sha256(f"{chat} {transaction}".encode()).digest()
    return int.from_bytes(digest[:4]) % (2**31 - 1) + 1


def answer_to(peer: str, target: str) -> JsonObject:
    return {"peer_id": int(peer), "conversation_message_ids": [int(target)], "is_reply": True}


def address(there: Any) -> str:
    url = there.get("upload_url") if isinstance(there, dict) else None
    if not isinstance(url, str):
        raise Rejected("VK takes no files here.")
    return url


def first(saved: Any) -> JsonObject:
    found = saved[0] if isinstance(saved, list) and saved else saved
    if not isinstance(found, dict):
        raise Rejected("VK did not keep the file.")
    return found


def named(type: str, thing: JsonObject) -> str:
    key = thing.get("access_key")
    return f"{type}{number(thing, 'owner_id')}_{number(thing, 'id')}" + (f"_{key}" if key else "")
