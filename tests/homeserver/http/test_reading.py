"""Bytes in, requests out."""

import pytest

from homeserver.errors import MatrixError
from homeserver.http.reading import RequestReader, split_url
from homeserver.http.request import Request


def read(data: bytes) -> list[Request]:
    reader = RequestReader(lambda method, path: 1000, lambda headers: "203.0.113.7")
    reader.feed(data)
    return [request for request, _ in reader.requests]


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("/a/b?c=d?e", "/a/b", "c=d?e"),
        ("/", "/", ""),
        ("http://test:8008/a?b", "/a", "b"),
        ("http://test", "/", ""),
        ("http://test?/x/y", "/", "/x/y"),
        ("*", "/", ""),
        ("test:443", "/", ""),
        ("//double/slash", "//double/slash", ""),
    ],
)
def test_paths_of_every_form(url: str, path: str, query: str) -> None:
    assert split_url(url) == (path, query)


def test_a_request_is_what_the_client_sent() -> None:
    (request,) = read(
        b"PUT http://test/x?y=1 HTTP/1.1\r\nAuthorization: Bearer abc\r\nX-A: 1\r\nx-a: 2\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )

    assert (request.method, request.path, request.query, request.body) == (
        "PUT",
        "/x",
        "y=1",
        b"{}",
    )
    assert request.access_token() == "abc"
    assert request.headers[b"x-a"] == b"2"
    assert request.client_ip == "203.0.113.7"


def test_trailers_cannot_pose_as_headers() -> None:
    (request,) = read(
        b"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\n{}\r\n0\r\nAuthorization: Bearer stolen\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n"
    )

    assert request.body == b"{}" and request.access_token() is None
    assert b"x-forwarded-for" not in request.headers


def test_requests_that_came_before_an_error_are_kept() -> None:
    reader = RequestReader(lambda method, path: 1000, lambda headers: "")
    with pytest.raises(MatrixError):
        reader.feed(b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n\x00")

    assert [request.path for request, _ in reader.requests] == ["/a", "/b"]


def test_our_own_faults_are_not_the_clients() -> None:
    def fails(method: str, path: str) -> int:
        raise LookupError("a bug")

    reader = RequestReader(fails, lambda headers: "")
    with pytest.raises(LookupError):
        reader.feed(b"PUT /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
