"""A picture is carried over once."""

from bridges.storage import pictures
from tests.bridges.storage.conftest import Write


def test_the_last_picture_is_the_one_that_is_shown(write: Write) -> None:
    assert write(pictures.shown, "@polly:localhost") == ""
    write(pictures.show, "@polly:localhost", "1")
    write(pictures.show, "@polly:localhost", "2")
    assert write(pictures.shown, "@polly:localhost") == "2"
    write(pictures.show, "@polly:localhost", "")
    assert write(pictures.shown, "@polly:localhost") == ""
