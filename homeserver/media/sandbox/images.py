"""Pictures: what they are, and smaller ones of them."""

import os
import warnings
from typing import Any

from PIL import AvifImagePlugin, Image, ImageFile, ImageSequence

TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
"""What clients send. Each further decoder is one more that a stranger may try to break."""

AS_THEY_ARE = frozenset({"JPEG", "PNG", "GIF", "WEBP"})
"""What the specification lets a thumbnail be."""

MAX_ORIGINAL_BYTES = 2 * 1024 * 1024
MAX_FRAMES = 250
MAX_PIXELS_READ = 500_000_000
MAX_PIXELS_WRITTEN = 40_000_000
"""Of all frames of an animated thumbnail together; of what has more, the first frame is shown."""

MAX_PROFILE_BYTES = 64 * 1024
JPEG_QUALITY = 82
WEBP_QUALITY = 75
FRAME_MS = 100

ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture of each orientation is turned to stand upright (EXIF 2.32, 4.6.4)."""

LYING = frozenset({5, 6, 7, 8})

Answer = dict[str, Any]
Dimensions = tuple[int, int]


class TooLarge(Exception):
    """More pixels than are allowed."""


def prepare(max_pixels: int) -> None:
    # By itself, Pillow only warns up to twice as many.
    Image.MAX_IMAGE_PIXELS = max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # This process may not start threads.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def inspect(path: str) -> Answer:
    """What a file really is, whatever it says of itself."""
    try:
        with _open(path) as image:
            width, height = _shown_size(image)
            kind = TYPES[str(image.format)]
            image.load()
    except TooLarge:
        return {"outcome": "too_large"}
    return {"outcome": "image", "content_type": kind, "width": width, "height": height}


def thumbnail(
    path: str, target: str, width: int, height: int, method: str, animated: bool
) -> Answer:
    """Write a picture to `target` that is as large as wished, or say that the file will do."""
    may_serve = os.path.getsize(path) <= MAX_ORIGINAL_BYTES
    try:
        with _open(path) as image:
            size = _target_size(_shown_size(image), (width, height), method)
            moves = bool(getattr(image, "is_animated", False))
            fits = size == _shown_size(image) and (animated or not moves)
            if fits and may_serve and image.format in AS_THEY_ARE:
                image.load()
                return {"outcome": "original", "content_type": TYPES[str(image.format)]}
            if animated and moves and _is_short(image, size):
                return _save_animated(image, target, size)
            return _save_still(image, target, size)
    except TooLarge:
        return {"outcome": "too_large"}


def _open(path: str) -> Image.Image:
    try:
        return Image.open(path, formats=tuple(TYPES))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooLarge from None


def _target_size(size: Dimensions, box: Dimensions, method: str) -> Dimensions:
    """Never larger than the picture; `crop` has the shape of the box, `scale` the picture's."""
    width, height = size
    if method == "crop":
        factor = min(1.0, width / box[0], height / box[1])
        return max(1, round(box[0] * factor)), max(1, round(box[1] * factor))
    factor = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _shown_size(image: Image.Image) -> Dimensions:
    """As a viewer turns it."""
    width, height = image.size
    return (height, width) if _orientation(image) in LYING else (width, height)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        # Broken metadata is no reason to show nothing.
        return 1


def _is_short(image: Image.Image, size: Dimensions) -> bool:
    frames = int(getattr(image, "n_frames", 1))
    read = frames * image.width * image.height
    written = frames * size[0] * size[1]
    return frames <= MAX_FRAMES and read <= MAX_PIXELS_READ and written <= MAX_PIXELS_WRITTEN


def _save_still(image: Image.Image, target: str, size: Dimensions) -> Answer:
    orientation = _orientation(image)
    # A JPEG is decoded at half, a quarter or an eighth of its size: less work and less memory.
    image.draft(None, size[::-1] if orientation in LYING else size)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    small = _smaller(image, size, orientation)
    if not profile or len(profile) > MAX_PROFILE_BYTES:
        profile = None
    if small.mode == "RGBA":
        small.save(target, "PNG", icc_profile=profile)
        return {"outcome": "made", "content_type": "image/png"}
    small.save(target, "JPEG", quality=JPEG_QUALITY, optimize=True, icc_profile=profile)
    return {"outcome": "made", "content_type": "image/jpeg"}


def _save_animated(image: Image.Image, target: str, size: Dimensions) -> Answer:
    orientation = _orientation(image)
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(int(frame.info.get("duration") or FRAME_MS))
        frames.append(_smaller(frame, size, orientation))
    frames[0].save(
        target,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=int(image.info.get("loop", 0)),
        quality=WEBP_QUALITY,
        method=1,
    )
    return {"outcome": "made", "content_type": "image/webp"}


def _smaller(image: Image.Image, size: Dimensions, orientation: int) -> Image.Image:
    """Upright, in RGB or RGBA, without metadata; what does not fit the shape is cut off evenly."""
    stored = size[::-1] if orientation in LYING else size
    part = _middle(image.size, stored)
    shows_through = image.has_transparency_data
    small = image.convert("RGBA" if shows_through else "RGB") if image.mode in "P1" else image
    small = small.resize(stored, Image.Resampling.LANCZOS, box=part, reducing_gap=2.0)
    small = small.convert("RGBA" if shows_through else "RGB")
    small.info.clear()
    turn = UPRIGHT.get(orientation)
    return small if turn is None else small.transpose(turn)


def _middle(size: Dimensions, shape: Dimensions) -> tuple[float, float, float, float]:
    """The largest part from the middle of a picture that has a shape."""
    width, height = size
    factor = min(width / shape[0], height / shape[1])
    left, top = (width - shape[0] * factor) / 2, (height - shape[1] * factor) / 2
    return max(0.0, left), max(0.0, top), min(width, width - left), min(height, height - top)
