"""The part of the sandbox that knows pictures, called directly."""

from pathlib import Path

import pytest
from PIL import Image

from homeserver.media.sandbox import images
from tests.homeserver.media.pictures import lying, moving, opened, picture


@pytest.fixture(autouse=True)
def limits() -> None:
    images.prepare(50_000_000)


class Desk:
    """Where pictures are put and thumbnails come out."""

    def __init__(self, folder: Path) -> None:
        self.source, self.target = folder / "source", folder / "target"

    def make(
        self, data: bytes, width: int, height: int, method: str = "scale", *, animated: bool = False
    ) -> images.Answer:
        self.source.write_bytes(data)
        return images.thumbnail(str(self.source), str(self.target), width, height, method, animated)

    @property
    def made(self) -> Image.Image:
        return opened(self.target.read_bytes())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_any_kind_of_picture_gets_smaller(desk: Desk, kind: str) -> None:
    answer = desk.make(picture(kind, (400, 200)), 100, 100)

    assert answer == {"outcome": "made", "content_type": "image/jpeg"}
    assert (desk.made.format, desk.made.size) == ("JPEG", (100, 50))


def test_scale_keeps_the_shape_and_crop_takes_the_middle(desk: Desk) -> None:
    data = picture("PNG", (400, 200))

    desk.make(data, 100, 100)
    assert desk.made.size == (100, 50)
    desk.make(data, 100, 100, "crop")
    assert desk.made.size == (100, 100)
    left, right = desk.made.getpixel((10, 50)), desk.made.getpixel((90, 50))
    assert isinstance(left, tuple) and isinstance(right, tuple)
    assert left[0] > 200 > 60 > left[2] and right[2] > 200 > 60 > right[0]


def test_nothing_is_made_larger(desk: Desk) -> None:
    assert desk.make(picture("PNG", (40, 20)), 320, 240)["outcome"] == "original"
    assert desk.make(picture("PNG", (40, 20)), 320, 240, "crop")["outcome"] == "made"
    assert desk.made.size[0] / desk.made.size[1] == pytest.approx(4 / 3, abs=0.1)
    assert desk.made.size[1] <= 20


def test_a_picture_that_shows_through_stays_so(desk: Desk) -> None:
    for kind in ("PNG", "WEBP"):
        answer = desk.make(picture(kind, mode="RGBA"), 100, 100)
        assert answer["content_type"] == "image/png"
        assert desk.made.mode == "RGBA"


def test_pictures_stand_upright_and_say_nothing_of_their_maker(desk: Desk) -> None:
    desk.make(lying(), 100, 100)

    assert desk.made.size == (50, 100)
    top, bottom = desk.made.getpixel((25, 10)), desk.made.getpixel((25, 90))
    assert isinstance(top, tuple) and isinstance(bottom, tuple)
    assert top[0] > 200 and bottom[2] > 200
    assert b"secret" not in desk.target.read_bytes()
    assert not desk.made.getexif()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_what_moves_moves_on_wish_only(desk: Desk, kind: str) -> None:
    data = moving(kind)

    answer = desk.make(data, 100, 100, animated=True)
    assert answer == {"outcome": "made", "content_type": "image/webp"}
    assert (desk.made.size, getattr(desk.made, "n_frames", 1)) == ((100, 50), 5)
    desk.make(data, 100, 100)
    assert getattr(desk.made, "n_frames", 1) == 1
    desk.make(picture("JPEG"), 100, 100, animated=True)
    assert desk.made.format == "JPEG"


def test_of_too_long_a_film_the_first_frame_is_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_FRAMES", 4)

    assert desk.make(moving(), 100, 100, animated=True)["content_type"] == "image/jpeg"


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "LA"])
def test_any_mode_of_colours_is_shown(desk: Desk, mode: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    Image.new(mode, (300, 300)).save(path, "JPEG" if mode == "CMYK" else "PNG")

    assert desk.make(path.read_bytes(), 96, 96)["outcome"] == "made"
    assert desk.made.size == (96, 96)


def test_a_picture_is_what_it_is_and_not_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(picture("JPEG", (30, 20)))

    assert images.inspect(str(path)) == {
        "outcome": "image",
        "content_type": "image/jpeg",
        "width": 30,
        "height": 20,
    }
