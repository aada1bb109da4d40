"""Files of the other server."""

from io import BytesIO
from urllib.parse import quote

import pytest
from PIL import Image

from tests.federation.people import Person
from tests.people import Refused


def test_a_file_is_the_same_on_both_sides(alice: Person, bob: Person) -> None:
    content = bytes(range(256)) * 1000
    mxc = alice.uploads(content, "application/octet-stream", "all bytes.bin")

    answer = bob.ask("GET", "/v1/media/download/" + mxc)

    assert (answer.status, answer.content) == (200, content)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "bytes.bin" in answer.headers["content-disposition"]


def test_a_picture_comes_in_other_sizes(alice: Person, bob: Person) -> None:
    mxc = alice.uploads(picture(), "image/png", "picture.png")

    answer = bob.ask("GET", f"/v1/media/thumbnail/{mxc}?method=crop", width=96, height=96)

    assert answer.status == 200
    with Image.open(BytesIO(answer.content)) as thumbnail:
        assert thumbnail.size == (96, 96)


def test_a_file_that_is_not_there_is_not_found(alice: Person, bob: Person) -> None:
    with pytest.raises(Refused) as refused:
        bob.get(f"/v1/media/download/{quote(alice.home.name)}/nothing")

    assert refused.value.status == 404


def picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(written, "PNG")
    return written.getvalue()
