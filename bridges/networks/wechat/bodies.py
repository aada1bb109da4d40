"""What Official Accounts and customer service say alike, and to whom they may."""

from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Media, Part, Unknown, in_words
from bridges.networks.wechat.api import Api

WINDOW_S, ANSWERS = 48 * 3600, 5
TYPES = {"image": "image", "sticker": "image", "voice": "voice", "video": "video"}
MAX_BYTES = {"image": 10_000_000, "voice": 2_000_000, "video": 10_000_000, "file": 20_000_000}


async def file_body(api: Api, media: Media, type: str) -> JsonObject:
    content = await media.content.read(MAX_BYTES[type])
    media_id = await api.upload(type, media.name, media.mime, content)
    return {"msgtype": type, type: {"media_id": media_id}}


def text_body(part: Part) -> JsonObject:
    if not (words := in_words(part).strip()):
        raise Rejected("WeChat takes no empty messages.")
    return {"msgtype": "text", "text": {"content": words}}


def hidden(type: str) -> Unknown:
    return Unknown(f"{type or 'something'} that WeChat shows only in its app")


def name_of(person: str) -> str:
    """Of whom nothing but the id is known."""
    return f"WeChat {person[-6:]}"
