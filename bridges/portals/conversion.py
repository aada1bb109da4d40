"""Files in types and sizes that the other side shows, or a refusal in words."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from attrs import evolve

from bridges.kit.failures import Rejected
from bridges.kit.network import Accepts
from bridges.kit.parts import Look, Media
from bridges.portals.converters import Converter, Made, film, lottie, measured, picture

AT_ONCE = ThreadPoolExecutor(2, "conversion")
"""Conversions cost memory and time: few run at once."""
LOTTIE = frozenset(("application/x-tgsticker", "application/gzip", "video/lottie+json"))
SHOWN = {
    "image": ("image/jpeg", "image/png", "image/gif", "image/webp", "image/apng", "image/svg+xml"),
    "voice": ("audio/ogg", "audio/mpeg", "audio/mp4", "audio/webm", "audio/opus"),
}
"""What Matrix clients show; other kinds they hand on."""
SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "video/mp4": "mp4",
}
"""What we can make."""


async def showable(media: Media, data: bytes) -> tuple[Media, bytes]:
    """For Matrix clients. What cannot be converted is handed on as it is."""
    if media.kind == "sticker" and media.mime in LOTTIE:
        return await converted(media, data, "image/webp", lottie)
    if media.kind == "sticker" and media.mime.startswith("video/"):
        return await converted(media, data, "image/webp", film("webp"))
    kind = "image" if media.kind == "sticker" else media.kind
    if kind in SHOWN and plain_mime(media) not in SHOWN[kind]:
        try:
            return await fitted(media, data, Accepts(SHOWN[kind]))
        except Rejected:
            return evolve(media, kind="file" if kind == "image" else kind), data
    if kind == "image" and media.look.width is None:
        made = await asyncio.get_running_loop().run_in_executor(AT_ONCE, measured, data)
        return seen(media, made), data
    return media, data


async def fitted(media: Media, data: bytes, accepts: Accepts) -> tuple[Media, bytes]:
    """As the network takes it. Raises `Rejected`."""
    limit = accepts.max_bytes
    is_right = not accepts.mimes or plain_mime(media) in accepts.mimes
    target = media.mime if is_right else next((it for it in accepts.mimes if it in SUFFIXES), "")
    if media.kind in ("image", "sticker"):
        if target in SUFFIXES and (not is_right or (limit and len(data) > limit)):
            media, data = await converted(media, data, target, picture(SUFFIXES[target], limit))
    elif not is_right and target:
        media, data = await converted(media, data, target, film(SUFFIXES[target]))
    if accepts.mimes and plain_mime(media) not in accepts.mimes:
        raise Rejected(f"{media.mime} is not taken there; {', '.join(accepts.mimes)} would be.")
    if limit and len(data) > limit:
        raise Rejected(f"The file is larger than {limit:,} bytes.")
    return media, data


async def converted(
    media: Media, data: bytes, mime: str, converter: Converter
) -> tuple[Media, bytes]:
    made = await asyncio.get_running_loop().run_in_executor(AT_ONCE, converter, data)
    name = f"{media.name.rpartition('.')[0] or media.name}.{SUFFIXES[mime]}"
    return evolve(seen(media, made), name=name, mime=mime), made.data


def seen(media: Media, made: Made) -> Media:
    """With what the converter saw of it."""
    look: Look = media.look
    if made.width is not None:
        is_animated = look.is_animated or made.is_animated
        look = evolve(look, width=made.width, height=made.height, is_animated=is_animated)
    return evolve(media, look=look)


def plain_mime(media: Media) -> str:
    return media.mime.split(";")[0].strip()
