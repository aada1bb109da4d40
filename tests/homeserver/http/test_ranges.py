import pytest

from homeserver.http.ranges import Unsatisfiable, is_known, part_of
from homeserver.http.request import Request


def request(**headers: str) -> Request:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request("GET", "/", "", named, b"", "")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 10)),
        ("bytes=90-", (90, 10)),
        ("bytes=90-1000", (90, 10)),
        ("bytes=-10", (90, 10)),
        ("bytes=-1000", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("", None),
        ("bytes=-", None),
        ("bytes=20-10", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=0-" + "9" * 30, None),
        ("bytes=²-³", None),
    ],
)
def test_a_range_names_a_part_of_the_file(text: str, part: tuple[int, int] | None) -> None:
    assert part_of(request(range=text), 100, "tag") == part


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_part_that_is_not_there_cannot_be_had(text: str) -> None:
    with pytest.raises(Unsatisfiable):
        part_of(request(range=text), 100, "tag")


def test_an_empty_file_has_no_parts() -> None:
    for text in ("bytes=0-", "bytes=-5"):
        with pytest.raises(Unsatisfiable):
            part_of(request(range=text), 0, "tag")


def test_a_part_of_another_file_is_of_no_use() -> None:
    assert part_of(request(range="bytes=0-1", if_range='"tag"'), 100, "tag") == (0, 2)
    assert part_of(request(range="bytes=0-1", if_range='"old"'), 100, "tag") is None


@pytest.mark.parametrize("text", ['"tag"', 'W/"tag"', '"other", "tag"', "*"])
def test_a_client_may_have_the_file_already(text: str) -> None:
    assert is_known(request(if_none_match=text), "tag")
    assert not is_known(request(if_none_match='"other"'), "tag")
    assert not is_known(request(), "tag")
