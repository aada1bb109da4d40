import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.media.thumbnail_sizes import LARGEST, choose, name_of
from homeserver.storage.media_thumbnails import Size

sides = st.integers(1, 2**53)


@pytest.mark.parametrize(
    ("wish", "made"),
    [
        ((32, 32, "crop"), (32, 32)),
        ((96, 96, "crop"), (96, 96)),
        ((320, 240, "scale"), (320, 240)),
        ((640, 480, "scale"), (640, 480)),
        ((800, 600, "scale"), (800, 600)),
        ((33, 33, "crop"), (96, 96)),
        ((64, 48, "crop"), (96, 72)),
        ((800, 601, "scale"), (1600, 1200)),
        ((90, 160, "crop"), (96, 171)),
        ((9000, 9000, "scale"), LARGEST),
        ((1, 10**9, "crop"), (800, 1422)),
    ],
)
def test_a_wish_leads_to_the_next_size(wish: tuple[int, int, str], made: tuple[int, int]) -> None:
    size = choose(*wish, animated=False)

    assert (size.width, size.height, size.method) == (*made, wish[2])


@given(sides, sides)
def test_there_are_few_sizes_and_none_smaller_than_the_wish(width: int, height: int) -> None:
    scaled = choose(width, height, "scale", animated=False)
    cropped = choose(width, height, "crop", animated=False)

    for size in (scaled, cropped):
        assert size.width <= 1600 and size.height <= 1422
        if width <= 450 and height <= 450:
            assert size.width >= width and size.height >= height


def test_each_size_has_a_file_name_of_its_own() -> None:
    sizes = [Size(32, 32, method, moves) for method in ("crop", "scale") for moves in (True, False)]

    assert len({name_of(size) for size in sizes}) == 4
