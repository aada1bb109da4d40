"""Which thumbnails are made: whatever is asked for, one of a few. Spec: "Thumbnails".

A thumbnail is the smallest of the few that is no smaller than what was asked for. So a picture has
a bounded number of thumbnails, whoever asks for what.
"""

from homeserver.storage.media_thumbnails import Size

SCALED = ((32, 32), (96, 96), (320, 240), (640, 480), (800, 600), (1600, 1200))
CROP_WIDTHS = (32, 96, 320, 640, 800)
CROP_ASPECTS = (1.0, 4 / 3, 3 / 4, 16 / 9, 9 / 16)
"""Width by height: those of the specification, and of screens."""

LARGEST = SCALED[-1]


def choose(width: int, height: int, method: str, *, animated: bool) -> Size:
    """The size to make for a wish. Beyond the largest, the largest is made."""
    if method == "crop":
        width, height = _crop(width, height)
    else:
        width, height = _scaled(width, height)
    return Size(width, height, method, animated)


def name_of(size: Size) -> str:
    """For file names."""
    animated = "-animated" if size.animated else ""
    return f"{size.width}x{size.height}-{size.method}{animated}"


def _scaled(width: int, height: int) -> tuple[int, int]:
    for rung in SCALED:
        if rung[0] >= width and rung[1] >= height:
            return rung
    return LARGEST


def _crop(width: int, height: int) -> tuple[int, int]:
    wanted = width / height
    aspect = min(CROP_ASPECTS, key=lambda it: max(it / wanted, wanted / it))
    for rung in CROP_WIDTHS:
        if rung >= width and round(rung / aspect) >= height:
            return rung, round(rung / aspect)
    return CROP_WIDTHS[-1], round(CROP_WIDTHS[-1] / aspect)
