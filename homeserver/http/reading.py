"""Bytes in, requests out: parses HTTP/1.1 with llhttp and knows nothing of sockets."""

from collections import deque
from collections.abc import Callable
from typing import Any

import httptools

from homeserver.errors import MatrixError, TooLarge
from homeserver.http.bodies import IN_MEMORY_BYTES, BodyFile
from homeserver.http.request import Request

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 100

FRAMING = 8
"""A chunked body may take so many bytes for each of its own: one-byte chunks take six."""

Headers = dict[bytes, bytes]


class RequestReader:
    """`requests` are those that are complete, each with whether the connection may live on.

    `max_body` tells how large the body of (method, path) may be, or raises MatrixError;
    `goes_to_file` whether a large one goes to a file.
    """

    def __init__(
        self,
        max_body: Callable[[str, str], int],
        client_ip: Callable[[Headers], str],
        goes_to_file: Callable[[str, str], bool] = lambda method, path: False,
    ) -> None:
        self.requests: deque[tuple[Request, bool]] = deque()
        self.has_ended = False
        self.is_receiving = False
        self.received = 0
        self._continue = False
        self._wanted_file = 0
        self._file: BodyFile | None = None
        self._max_body = max_body
        self._goes_to_file = goes_to_file
        self._client_ip = client_ip
        self._parser: Any = httptools.HttpRequestParser(self)
        self._begin()

    def feed(self, data: bytes) -> None:
        """Raises MatrixError for what cannot be read; after that nothing more can be."""
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request itself is complete. It is answered as if it had not asked.
            self.has_ended = True
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, Exception):
                raise error.__context__ from None
            if not self.has_ended:
                raise MatrixError("This is not valid HTTP.") from None
        if self.received > self._limit:
            raise self._too_much()

    def wants_continue(self) -> bool:
        """Whether the client waits for a word before it sends the body; told once."""
        wanted = self._continue and self.is_receiving
        self._continue = False
        return wanted

    def wants_file(self) -> tuple[Request, int] | None:
        """The head of a request whose body should go to a file, and how large that may become; told
        once. A body that is complete before there is a file stays in memory.
        """
        wanted, self._wanted_file = self._wanted_file, 0
        return (self._request(b""), wanted) if wanted and self.is_receiving else None

    def use_file(self, file: BodyFile) -> None:
        """Write the body there: what has come and what will. Raises MatrixError if it cannot be."""
        self._file = file
        for data in self._body:
            file.write(data)
        self._body.clear()

    def abandon(self) -> None:
        """Nobody will read on: let go of all files."""
        files = [request.body_file for request, _ in self.requests]
        for file in (self._file, *files):
            if file is not None:
                file.discard()
        self._file = None
        self.requests.clear()

    @property
    def is_within_body(self) -> bool:
        return self.is_receiving and not self._head_open

    # -- called by the parser

    def on_message_begin(self) -> None:
        self.is_receiving = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_open:
            # Trailers could contradict the headers by which proxies have let the request pass.
            return
        self._headers[name.lower()] = value
        self._header_count += 1
        if self._header_count > MAX_HEADERS:
            raise MatrixError("There are too many headers.", status=431)

    def on_headers_complete(self) -> None:
        self._head_open = False
        self._method = self._parser.get_method().decode("ascii")
        self._path, self._query = split_url(self._url.decode("latin-1"))
        length = self._headers.get(b"content-length", b"0")
        if length == b"0" and b"transfer-encoding" not in self._headers:
            return
        self._room = self._max_body(self._method, self._path)
        if int(length) > self._room:
            raise self._too_large()
        expected = int(length) or self._room
        if expected > IN_MEMORY_BYTES and self._goes_to_file(self._method, self._path):
            self._wanted_file = expected
        self._limit = MAX_HEAD_BYTES + FRAMING * self._room
        self._continue = self._headers.get(b"expect", b"").lower() == b"100-continue"

    def on_body(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > self._room:
            raise self._too_large()
        if self._file is None:
            self._body.append(data)
        else:
            self._file.write(data)

    def on_message_complete(self) -> None:
        keep_alive = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        request = self._request(b"".join(self._body))
        request.body_file, self._file = self._file, None
        self.requests.append((request, keep_alive))
        self.has_ended = not keep_alive
        self.is_receiving = False
        self._begin()

    def _request(self, body: bytes) -> Request:
        client_ip = self._client_ip(self._headers)
        return Request(self._method, self._path, self._query, self._headers, body, client_ip)

    def _begin(self) -> None:
        self._url = b""
        self._headers: Headers = {}
        self._header_count = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._file = None
        self._wanted_file = 0
        self._head_open = True
        self._room = 0
        self._limit = MAX_HEAD_BYTES
        self._continue = False
        self.received = 0

    def _too_much(self) -> MatrixError:
        if not self._head_open:
            return self._too_large()
        if not self._headers:
            return MatrixError("The address is too long.", status=414)
        return MatrixError("The headers are too large.", status=431)

    def _too_large(self) -> MatrixError:
        return TooLarge(f"The body of this request may have {self._room} bytes at most.")


def split_url(url: str) -> tuple[str, str]:
    """Path and query, also of the absolute form that proxies send."""
    path, _, query = url.partition("?")
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path, query
