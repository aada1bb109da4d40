"""Programs of others, in our tests: a slip of theirs must not leave the machine."""

import socket
from typing import Any

import pytest

HERE = ("127.0.0.1", "localhost", "::1", None)


def stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other name resolves."""
    ask = socket.getaddrinfo

    def answer(host: Any, *more: Any, **options: Any) -> Any:
        if host not in HERE:
            raise OSError(f"{host} is not asked in tests")
        return ask(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
