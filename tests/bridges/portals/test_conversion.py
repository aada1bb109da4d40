"""Files come in types that the other side shows, within bounds, or are refused in words."""

import asyncio
import gzip
import json
import shutil
import wave
from io import BytesIO

import pytest
from PIL import Image

from bridges.kit.failures import Rejected
from bridges.kit.network import Accepts
from bridges.kit.parts import Media
from bridges.portals.conversion import fitted, showable

JPEG = Accepts(("image/jpeg",), 100_000)


def image(format: str, size: tuple[int, int] = (40, 20), frames: int = 1) -> bytes:
    out = BytesIO()
    pictures = [Image.new("RGBA", size, (40 * it, 0, 0, 128)) for it in range(frames)]
    first = pictures[0] if format != "BMP" else pictures[0].convert("RGB")
    more = {"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}
    first.save(out, format, **more)
    return out.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 100).save(out, "PNG")
    return out.getvalue()


def lottie(frames: int, green: int = 0) -> bytes:
    """A square that turns."""

    def still(value: object) -> dict[str, object]:
        return {"a": 0, "k": value}

    ease = {"i": {"x": [0.6], "y": [1]}, "o": {"x": [0.3], "y": [0]}}
    turn = {"a": 1, "k": [ease | {"t": 0, "s": [0]}, {"t": frames, "s": [45]}]}
    placed = {"o": still(100), "r": still(0), "a": still([0, 0]), "s": still([100, 100])}
    square = {"ty": "rc", "d": 1, "s": still([40, 40]), "p": still([0, 0]), "r": still(0)}
    fill = {"ty": "fl", "c": still([1, green, 0, 1]), "o": still(100), "r": 1}
    group = {"ty": "gr", "it": [square, fill, {"ty": "tr", "p": still([0, 0])} | placed]}
    ks = placed | {"p": still([50, 50, 0]), "r": turn}
    layer = {"ty": 4, "ddd": 0, "ind": 1, "sr": 1, "ip": 0, "op": frames, "st": 0, "ks": ks}
    layer |= {"shapes": [group]}
    document = {"v": "5.5.2", "fr": 60, "ip": 0, "op": frames, "w": 100, "h": 100}
    return gzip.compress(json.dumps(document | {"layers": [layer]}).encode())


def media(kind: str, name: str, mime: str) -> Media:
    return Media(kind, name, mime, b"")


def test_a_picture_comes_in_a_type_that_is_taken() -> None:
    given = media("image", "a.webp", "image/webp")
    made, data = asyncio.run(fitted(given, image("WEBP"), JPEG))
    assert (made.name, made.mime, made.look.width) == ("a.jpg", "image/jpeg", 40)
    assert Image.open(BytesIO(data)).format == "JPEG"


def test_what_fits_stays_as_it_is() -> None:
    given = media("image", "a.jpg", "image/jpeg")
    assert asyncio.run(fitted(given, b"untouched", JPEG)) == (given, b"untouched")


def test_a_picture_is_made_smaller_until_it_fits() -> None:
    given = media("image", "a.png", "image/png")
    accepts = Accepts(("image/png",), 20_000)
    made, data = asyncio.run(fitted(given, noise((400, 300)), accepts))
    assert len(data) <= 20_000
    assert 0 < (made.look.width or 0) < 400


def test_pictures_that_move_go_on_moving() -> None:
    given = media("image", "a.webp", "image/webp")
    made, data = asyncio.run(
        fitted(given, image("WEBP", frames=3), Accepts(("image/gif",), 99_999))
    )
    assert made.look.is_animated
    assert getattr(Image.open(BytesIO(data)), "n_frames", 1) == 3


def test_what_no_client_shows_becomes_a_picture_or_stays_a_file() -> None:
    made, _ = asyncio.run(showable(media("image", "a.bmp", "image/bmp"), image("BMP")))
    assert (made.kind, made.mime) == ("image", "image/jpeg")
    made, data = asyncio.run(showable(media("image", "a.heic", "image/heic"), b"no picture"))
    assert (made.kind, made.mime, data) == ("file", "image/heic", b"no picture")


def test_a_vector_sticker_becomes_a_picture_that_moves() -> None:
    given = media("sticker", "🦜.tgs", "application/x-tgsticker")
    made, data = asyncio.run(showable(given, lottie(60)))
    assert (made.mime, made.look.width, made.look.is_animated) == ("image/webp", 256, True)
    picture = Image.open(BytesIO(data))
    assert getattr(picture, "n_frames", 1) > 5
    _, other = asyncio.run(showable(given, lottie(60, green=1)))
    assert picture.convert("RGB").getpixel((128, 128)) == pytest.approx((255, 0, 0), abs=8)
    yellow = Image.open(BytesIO(other)).convert("RGB").getpixel((128, 128))
    assert yellow == pytest.approx((255, 255, 0), abs=8)


@pytest.mark.parametrize("data", [b"", b"{", gzip.compress(b" " * 3_000_000), lottie(100_000)])
def test_a_hostile_sticker_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected):
        asyncio.run(showable(media("sticker", "a.tgs", "application/x-tgsticker"), data))


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    head = image("PNG")
    bomb = head[:16] + (60_000).to_bytes(4) * 2 + head[24:]
    with pytest.raises(Rejected):
        asyncio.run(fitted(media("image", "a.png", "image/png"), bomb, JPEG))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_voice_comes_in_a_type_that_is_taken() -> None:
    sound = BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x10" * 4000)
    given = media("voice", "a.wav", "audio/wav")
    made, data = asyncio.run(showable(given, sound.getvalue()))
    assert (made.mime, data[:4]) == ("audio/ogg", b"OggS")
    with pytest.raises(Rejected):
        asyncio.run(fitted(given, b"no sound", Accepts(("audio/mpeg",), 1000)))


def test_a_film_of_a_wrong_type_is_refused_in_words() -> None:
    with pytest.raises(Rejected, match="video/x-odd is not taken there; video/x-own would be"):
        asyncio.run(fitted(media("video", "a", "video/x-odd"), b"", Accepts(("video/x-own",), 9)))
