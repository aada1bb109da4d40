"""Files are read when they are needed, and never more of them than is wanted."""

import asyncio

import pytest

from bridges.kit.failures import Rejected
from bridges.kit.parts import Media
from bridges.kit.sources import Source, TooLarge, kept_there


async def ten(max_bytes: int) -> bytes:
    return b"0123456789"


def test_a_file_may_be_given_as_bytes() -> None:
    media = Media("image", "cat.png", "image/png", b"cat")
    assert media.content.size == 3
    assert asyncio.run(media.content.read(3)) == b"cat"


@pytest.mark.parametrize("source", [Source(b"0123456789"), Source(later=ten), Source(b"", size=10)])
def test_more_than_is_wanted_is_refused(source: Source) -> None:
    with pytest.raises(TooLarge, match="larger than 9 bytes"):
        asyncio.run(source.read(9))


def test_what_stays_on_its_network_is_read_by_its_session_only() -> None:
    with pytest.raises(Rejected):
        asyncio.run(kept_there("file1").read())
