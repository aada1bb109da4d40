"""Pictures by Pillow, vector stickers by rlottie, sounds and films by ffmpeg where it is installed.

They block, within bounds of size and time, and raise `Rejected`.
"""

import gzip
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from attrs import frozen
from PIL import Image, ImageOps, ImageSequence
from rlottie_python.rlottie_wrapper import LottieAnimation

from bridges.kit.failures import Rejected

MAX_PIXELS = 40_000_000
FFMPEG_S, MAX_ALLOCATION = 60, 300_000_000
STICKER_PIXELS, STICKER_FPS, MAX_FRAMES, MAX_LOTTIE = 256, 25, 250, 2_000_000
SMALLEST = 64
FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
CODECS = {
    "ogg": ("-c:a", "libopus", "-b:a", "32k", "-vn"),
    "webp": ("-c:v", "libwebp_anim", "-loop", "0", "-an", "-t", "10"),
    "amr": ("-ar", "8000", "-ac", "1", "-vn"),
}


@frozen
class Made:
    """Zero bytes: it was only looked at."""

    data: bytes = b""
    width: int | None = None
    height: int | None = None
    is_animated: bool = False


Converter = Callable[[bytes], Made]


def opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(data))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Rejected("The picture cannot be read.") from error
    if image.width * image.height > MAX_PIXELS:
        raise Rejected(f"The picture has more than {MAX_PIXELS:,} pixels.")
    return image


def measured(data: bytes) -> Made:
    """Only its head is read."""
    try:
        image = opened(data)
    except Rejected:
        return Made()
    return Made(b"", image.width, image.height, getattr(image, "is_animated", False))


def measured_mime(data: bytes) -> str:
    try:
        return Image.MIME.get(opened(data).format or "", "application/octet-stream")
    except Rejected:
        return "application/octet-stream"


def picture(suffix: str, max_bytes: int) -> Converter:
    """Made smaller until it fits."""

    def convert(data: bytes) -> Made:
        image = opened(data)
        frames = getattr(image, "n_frames", 1)
        moves = frames > 1 and suffix in ("webp", "gif") and frames <= MAX_FRAMES
        try:
            if moves:
                return animated(image, suffix)
            still = ImageOps.exif_transpose(image.convert(mode_for(image, suffix)))
            while True:
                made = saved(still, suffix)
                if not max_bytes or len(made.data) <= max_bytes or min(still.size) < SMALLEST:
                    return made
                still = still.resize((still.width * 3 // 4, still.height * 3 // 4))
        except (OSError, ValueError) as error:
            raise Rejected("The picture is broken.") from error

    return convert


def mode_for(image: Image.Image, suffix: str) -> str:
    return "RGBA" if suffix != "jpg" and image.has_transparency_data else "RGB"


def saved(image: Image.Image, suffix: str) -> Made:
    out = BytesIO()
    image.save(out, FORMATS[suffix], **({"quality": 85} if suffix in ("jpg", "webp") else {}))
    return Made(out.getvalue(), image.width, image.height)


def animated(image: Image.Image, suffix: str) -> Made:
    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    return assembled(frames, suffix, int(image.info.get("duration") or 40))


def assembled(frames: list[Image.Image], suffix: str, frame_ms: int) -> Made:
    out, (first, *rest) = BytesIO(), frames
    more = {"save_all": True, "append_images": rest, "duration": frame_ms, "loop": 0}
    first.save(out, FORMATS[suffix], **more)
    return Made(out.getvalue(), first.width, first.height, is_animated=True)


def lottie(data: bytes) -> Made:
    """A vector sticker (Lottie, packed by gzip or not) as an animated WebP picture."""
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=BytesIO(data)) as packed:
                data = packed.read(MAX_LOTTIE + 1)
        if len(data) > MAX_LOTTIE:
            raise Rejected(f"The sticker is larger than {MAX_LOTTIE:,} bytes.")
        json.loads(data)
        # The library keeps models under a key that is always the same: keep none.
        LottieAnimation().lottie_configure_model_cache_size(0)
        animation = LottieAnimation.from_data(data.decode())
        rate, total = animation.lottie_animation_get_framerate(), frame_count(animation)
        step = max(1, round(rate / STICKER_FPS))
        size = {"width": STICKER_PIXELS, "height": STICKER_PIXELS}
        frames = [
            animation.render_pillow_frame(number, **size) for number in range(0, total, step)
        ][:MAX_FRAMES]
    except (OSError, ValueError, EOFError, RecursionError) as error:
        raise Rejected("The sticker cannot be read.") from error
    return assembled(frames, "webp", round(1000 * step / max(rate, 1)))


def frame_count(animation: LottieAnimation) -> int:
    count = animation.lottie_animation_get_totalframe()
    if not 0 < count <= MAX_FRAMES * 4:
        raise Rejected("The sticker has no picture, or too many.")
    return int(count)


def film(suffix: str) -> Converter:
    """By ffmpeg, which may read nothing but the file that it is given."""

    def convert(data: bytes) -> Made:
        program = shutil.which("ffmpeg")
        if program is None:
            raise Rejected(f"It would have to be converted to {suffix}, and ffmpeg is missing.")
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "source"), Path(folder, f"made.{suffix}")
            source.write_bytes(data)
            bounds = ("-max_alloc", str(MAX_ALLOCATION), "-protocol_whitelist", "file")
            command = [program, "-nostdin", "-v", "error", "-threads", "1", *bounds]
            command += ["-i", str(source), *CODECS.get(suffix, ()), str(target)]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=FFMPEG_S)
            except (subprocess.SubprocessError, OSError) as error:
                raise Rejected(f"It cannot be converted to {suffix}.") from error
            made = target.read_bytes()
        return Made(made, *measured_size(made, suffix))

    return convert


def measured_size(data: bytes, suffix: str) -> tuple[int | None, int | None, bool]:
    made = measured(data) if suffix in FORMATS else Made()
    return made.width, made.height, made.is_animated
