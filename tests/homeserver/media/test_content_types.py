import pytest

from homeserver.media.content_types import disposition, may_be_inline, read_name, read_type


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain.txt", "filename=plain.txt"),
        ("a b.txt", 'filename="a b.txt"'),
        ('a"b\\.txt', 'filename="a\\"b\\\\.txt"'),
        ("a;b=c", 'filename="a;b=c"'),
        ("ü.txt", "filename*=UTF-8''%C3%BC.txt"),
        ("100%'.txt", 'filename="100%\'.txt"'),
        ("../../etc/passwd", 'filename="../../etc/passwd"'),
        ("\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", "filename*=UTF-8''%E2%80%AEfdp.exe"),
    ],
)
def test_a_name_says_no_more_than_a_name(name: str, shown: str) -> None:
    assert disposition("application/zip", name) == f"attachment; {shown}"


def test_a_name_has_no_control_characters_and_an_end() -> None:
    assert read_name("a\r\nSet-Cookie: x\0\x7f\u2028") == "aSet-Cookie: x"
    assert read_name("x" * 1000) == "x" * 255
    assert read_name("\r\n") is None
    assert read_name(None) is None
    assert disposition("text/plain", None) == "inline"


@pytest.mark.parametrize(
    "type", ["text/plain", "image/svg+xml", 'a/b; c="d, e"', "model/gltf-binary"]
)
def test_a_type_stays_as_it_is(type: str) -> None:
    assert read_type(f" {type} ") == type


@pytest.mark.parametrize(
    "type", ["", "nonsense", "text/html\tx", "a/b" * 200, "te xt/html", "a/b;\n;", "/", "a/ü"]
)
def test_a_type_that_is_none_becomes_a_file_of_bytes(type: str) -> None:
    assert read_type(type) == "application/octet-stream"


@pytest.mark.parametrize(
    ("type", "inline"),
    [
        ("image/png", True),
        ("Text/Plain; charset=utf-8", True),
        ("image/svg+xml", False),
        ("text/html", False),
        ("application/xhtml+xml", False),
        ("application/pdf", False),
        ("text/html; x=image/png", False),
    ],
)
def test_only_what_cannot_run_is_shown_in_a_browser(type: str, inline: bool) -> None:
    assert may_be_inline(type) is inline
