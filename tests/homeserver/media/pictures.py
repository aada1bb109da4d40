"""Pictures for tests, good ones and bad ones."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

Colour = tuple[int, ...]

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def picture(
    kind: str = "PNG", size: tuple[int, int] = (400, 200), mode: str = "RGB", **options: Any
) -> bytes:
    """Left half red, right half blue."""
    image = Image.new(mode, size, RED if mode == "RGB" else (*RED, 128))
    right = BLUE if mode == "RGB" else (*BLUE, 128)
    image.paste(right, (size[0] // 2, 0, size[0], size[1]))
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def moving(kind: str = "GIF", size: tuple[int, int] = (400, 200), frames: int = 5) -> bytes:
    colours = [(50 * number % 256, 100, 255 - 40 * number % 256) for number in range(frames)]
    images = [Image.new("RGB", size, colour) for colour in colours]
    out = BytesIO()
    images[0].save(out, kind, save_all=True, append_images=images[1:], duration=80, loop=0)
    return out.getvalue()


def lying() -> bytes:
    """400 x 200 as stored; to be turned by 90 degrees when it is shown."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken in secret"
    return picture("JPEG", exif=exif)


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""
    return png_of(width, height, zlib.compress(b"\0" * 1000))


def bomb(side: int) -> bytes:
    """A PNG that is as large as it says: small as a file, large as a picture."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + 3 * side)
    return png_of(side, side, b"".join(packer.compress(row) for _ in range(side)) + packer.flush())


def png_of(width: int, height: int, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image
