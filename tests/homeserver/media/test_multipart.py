"""Answers in two parts, however they are cut into pieces on their way."""

from collections.abc import Mapping
from io import BytesIO

import pytest

from homeserver.media.multipart import BadMultipart, FilePart, file_name_of

TYPE = "multipart/mixed; boundary=gc0p4Jq0M2Yt08jU534c0p"
LINE = b"--gc0p4Jq0M2Yt08jU534c0p"
HEAD = LINE + b"\r\nContent-Type: application/json\r\n\r\n{}\r\n" + LINE + b"\r\n"
PLAIN = b"Content-Type: text/plain\r\nContent-Disposition: inline; filename=a.txt\r\n\r\n"
END = b"\r\n" + LINE + b"--"


class Reading:
    def __init__(self, content_type: str = TYPE) -> None:
        self.headers: Mapping[str, str] = {}
        self.file = BytesIO()
        self.part = FilePart(content_type, self._open)

    def _open(self, headers: Mapping[str, str]) -> BytesIO | None:
        self.headers = headers
        return None if "location" in headers else self.file

    def reads(self, data: bytes, size: int = 7) -> "Reading":
        for start in range(0, len(data), size):
            self.part.write(data[start : start + size])
        self.part.finish()
        return self


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100_000])
def test_the_second_part_is_the_file(size: int) -> None:
    content = b"first\r\n--gc0p4\r\n" + bytes(range(256)) * 50 + b"\r\n--"

    found = Reading().reads(HEAD + PLAIN + content + END + b"\r\n", size)

    assert found.file.getvalue() == content
    assert found.headers["content-type"] == "text/plain"
    assert file_name_of(found.headers) == "a.txt"


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n" + HEAD + PLAIN + b"x" + END,
        b"a preamble\r\n" + HEAD + PLAIN + b"x" + END + b"\r\nan epilogue",
        LINE + b" \t\r\n\r\n{}\r\n" + LINE + b"\r\n\r\nx" + END,
        HEAD + PLAIN + b"x\r\n" + LINE + b"\r\n\r\na third part" + END,
    ],
    ids=["empty line", "around", "no headers", "third part"],
)
def test_what_stands_around_is_passed_over(data: bytes) -> None:
    assert Reading().reads(data).file.getvalue() == b"x"


def test_an_empty_file_is_one(data: bytes = HEAD + PLAIN + END) -> None:
    assert Reading().reads(data).file.getvalue() == b""


def test_a_part_may_say_where_the_file_is() -> None:
    found = Reading().reads(HEAD + b"Location: https://cdn.example/x\r\n\r\n" + END)

    assert found.headers["location"] == "https://cdn.example/x"
    assert found.file.getvalue() == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD,
        HEAD + PLAIN + b"half",
        LINE + b"\r\n\r\n{}" + END,
        b"x" * 200_000,
        LINE + b"\r\n" + b"a: b\r\n" * 20_000,
        LINE + b"x" * 100_000,
        LINE + b"\r\n\r\n" + b"x" * 100_000 + b"\r\n" + LINE,
    ],
    ids=["nothing", "no file", "half", "one part", "junk", "headers", "line", "first part"],
)
def test_what_is_no_such_answer_or_breaks_off_is_no_file(data: bytes) -> None:
    with pytest.raises(BadMultipart):
        Reading().reads(data, 1000)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/html", "multipart/mixed", "multipart/form-data; boundary=x", TYPE + "y" * 100],
)
def test_only_multipart_mixed_with_a_boundary_is_read(content_type: str) -> None:
    with pytest.raises(BadMultipart):
        Reading(content_type)
