"""A server on loopback that gives prepared answers and remembers what it was asked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from attrs import define, field

Answer = tuple[int, Any]


@define
class HttpAnswers:
    """`answers` by method and path; anything else is 404."""

    answers: dict[str, Answer] = field(factory=dict)
    bodies: list[Any] = field(factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def http_answers(answers: dict[str, Answer]) -> Iterator[HttpAnswers]:
    prepared = HttpAnswers(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = prepared.answers.get(f"{self.command} {self.path}", (404, {}))
            length = int(self.headers.get("Content-Length", 0))
            if length:
                prepared.bodies.append(json.loads(self.rfile.read(length)))
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    prepared.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield prepared
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
