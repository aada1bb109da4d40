"""Requests that a network makes to us, where it does not wait for ours."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import field, frozen

from bridges.kit.json_values import json_of

MAX_WEBHOOK = 10_000_000


@frozen
class Request:
    """`headers` are in small letters; `body` is as it came, for signatures."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        return json_of(self.body)


@frozen
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@frozen
class Route:
    """Served at `/webhook/NETWORK/path`; the path may hold `{names}` and is handed over as it came.

    The handler checks who asks, and answers when what it was told is safe.
    """

    path: str
    handler: Callable[[Request], Awaitable[Answer]]
    methods: tuple[str, ...] = ("POST",)
