import random

import pytest

from homeserver.errors import NotFound
from homeserver.media.addresses import check_address, content_uri, new_media_id


def test_new_ids_are_addresses() -> None:
    media_id = new_media_id(random.Random(1).randbytes)

    check_address("example.org:8448", media_id)
    check_address("[::1]", "a-b_C9")
    assert content_uri("example.org", media_id) == f"mxc://example.org/{media_id}"


@pytest.mark.parametrize(
    ("origin", "media_id"),
    [
        ("example.org", ""),
        ("example.org", ".."),
        ("example.org", "../x"),
        ("example.org", "a/b"),
        ("example.org", "a.b"),
        ("example.org", "ä"),
        ("example.org", "a\n"),
        ("example.org", "a" * 256),
        ("", "abc"),
        ("..", "../../abc"),
        ("exa mple", "abc"),
        ("../etc", "abc"),
        ("example.org/x", "abc"),
    ],
)
def test_paths_are_no_addresses(origin: str, media_id: str) -> None:
    with pytest.raises(NotFound):
        check_address(origin, media_id)
