"""What stands in a message of iLink, and how its files are sealed."""

import base64
import binascii
import json
from collections.abc import Iterator

from attrs import field, frozen
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.padding import PKCS7

from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Look, Media, Part, Span, Text, Unknown
from bridges.kit.sources import kept_there

KEY_BYTES = 16
MAX_ITEMS = 50


@frozen
class Stored:
    """Where a file is kept, and the key that opens it."""

    parameter: str
    key: bytes = field(repr=False)
    url: str = ""

    @property
    def reference(self) -> str:
        return json.dumps([self.parameter, self.key.hex(), self.url])


def stored(reference: str) -> Stored:
    parameter, key, url = json.loads(reference)
    return Stored(parameter, bytes.fromhex(key), url)


@frozen
class Kind:
    name: str
    item_type: int
    upload_type: int
    max_bytes: int

    def item(self, there: Stored, media: Media, content: bytes, size: int) -> JsonObject:
        key = base64.b64encode(there.key.hex().encode()).decode()
        known = {"encrypt_query_param": there.parameter, "aes_key": key, "encrypt_type": 1}
        inner: JsonObject = {"media": known}
        match self.name:
            case "image_item":
                inner |= {"aeskey": there.key.hex(), "mid_size": size}
            case "file_item":
                inner |= {"file_name": media.name, "len": str(len(content))}
            case "video_item":
                inner |= {"video_size": size}
        return {"type": self.item_type, self.name: inner}


IMAGE = Kind("image_item", 2, 1, 20_000_000)
VIDEO = Kind("video_item", 5, 2, 100_000_000)
FILE = Kind("file_item", 4, 3, 100_000_000)
MEDIA = {"image": IMAGE, "sticker": IMAGE, "video": VIDEO}
KINDS = {2: ("image_item", "image", "image/jpeg"), 5: ("video_item", "video", "video/mp4")}


def parts_of(message: JsonObject) -> Iterator[Part]:
    items = message.get("item_list")
    told = False
    for item in items[:MAX_ITEMS] if isinstance(items, list) else []:
        if isinstance(item, dict):
            told = True
            yield from quoted(item.get("ref_msg"))
            yield part_of(item)
    if not told:
        yield Unknown("a message that WeChat shows only in its app")


def quoted(reference: object) -> Iterator[Part]:
    """Without an id: the words have to do."""
    if isinstance(reference, dict) and (words := str(reference.get("title") or "")[:1000]):
        yield Text(words, (Span(0, len(words), "quote"),))


def part_of(item: JsonObject) -> Part:
    type = item.get("type")
    text = item.get("text_item")
    if type == 1 and isinstance(text, dict):
        return Text(str(text.get("text") or ""))
    if type == 3 and isinstance(voice := item.get("voice_item"), dict):
        return spoken(voice)
    if type == 4 and isinstance(file := item.get("file_item"), dict):
        name = str(file.get("file_name") or "file")
        return media("file", name, "application/octet-stream", file)
    if isinstance(type, int) and type in KINDS:
        name, kind, mime = KINDS[type]
        if isinstance(thing := item.get(name), dict):
            return media(kind, f"{kind}.{mime.partition('/')[2]}", mime, thing)
    return Unknown("something that WeChat shows only in its app")


def spoken(voice: JsonObject) -> Part:
    """SILK, which hardly anything plays: what WeChat understood stands beside."""
    words, length = str(voice.get("text") or ""), voice.get("playtime")
    heard = media("file", "voice.silk", "audio/silk", voice)
    if not isinstance(heard, Media):
        return Text(words) if words else heard
    look = Look(duration_ms=length if isinstance(length, int) else None)
    caption = Text(words) if words else None
    return Media("file", heard.name, heard.mime, heard.content, caption, look)


def media(kind: str, name: str, mime: str, thing: JsonObject) -> Part:
    there = thing.get("media")
    known: JsonObject = there if isinstance(there, dict) else {}
    key = key_of(thing.get("aeskey"), known.get("aes_key"))
    parameter, url = str(known.get("encrypt_query_param") or ""), str(known.get("full_url") or "")
    if key is None or not (parameter or url):
        return Unknown(f"{kind} {name}: WeChat does not say where it is")
    return Media(kind, name, mime, kept_there(Stored(parameter, key, url).reference))


def key_of(in_hex: object, in_base64: object) -> bytes | None:
    """The first is plain; the second holds the key, or the key written out in hex."""
    try:
        if isinstance(in_hex, str) and in_hex:
            key = bytes.fromhex(in_hex)
        else:
            key = base64.b64decode(str(in_base64 or ""), validate=True)
            key = bytes.fromhex(key.decode()) if len(key) == 2 * KEY_BYTES else key
    except (ValueError, binascii.Error):
        return None
    return key if len(key) == KEY_BYTES else None


def seal(content: bytes, key: bytes) -> bytes:
    """Tencent's choice of a cipher: each file has a key of its own."""
    padder = PKCS7(128).padder()
    worker = Cipher(AES(key), ECB()).encryptor()
    return worker.update(padder.update(content) + padder.finalize()) + worker.finalize()


def unseal(sealed: bytes, key: bytes) -> bytes:
    worker, unpadder = Cipher(AES(key), ECB()).decryptor(), PKCS7(128).unpadder()
    try:
        plain = worker.update(sealed) + worker.finalize()
        return unpadder.update(plain) + unpadder.finalize()
    except ValueError:
        raise Rejected("WeChat handed out a file that its key does not open.") from None
