"""Answers that are sent at once lose nothing and overtake nothing."""

from typing import Any

from twisted.internet.error import ConnectionLost
from twisted.internet.tcp import Connection

from homeserver.http.writing import write_at_once


class Socket(Connection):
    """A Twisted TCP transport whose kernel buffer takes `room` bytes."""

    def __init__(self, room: int, **state: Any) -> None:
        self.room = room
        self.sent = b""
        self.dataBuffer = b""
        self._tempDataBuffer: list[bytes] = []
        self.connected, self.disconnecting, self.TLS = 1, False, False
        vars(self).update(state)

    def writeSomeData(self, data: bytes) -> int | ConnectionLost:
        if self.room < 0:
            return ConnectionLost()
        taken = data[: self.room]
        self.sent += taken
        self.room -= len(taken)
        return len(taken)

    def write(self, data: bytes) -> None:
        self._tempDataBuffer.append(data)


def test_what_fits_is_sent_at_once() -> None:
    socket = Socket(100)
    write_at_once(socket, b"answer")
    assert (socket.sent, socket._tempDataBuffer) == (b"answer", [])


def test_what_does_not_fit_waits() -> None:
    socket = Socket(3)
    write_at_once(socket, b"answer")
    assert (socket.sent, socket._tempDataBuffer) == (b"ans", [b"wer"])


def test_nothing_overtakes_what_waits() -> None:
    for waiting in ({"dataBuffer": b"first"}, {"_tempDataBuffer": [b"first"]}):
        socket = Socket(100, **waiting)
        write_at_once(socket, b"second")
        assert socket.sent == b"" and socket._tempDataBuffer[-1] == b"second"


def test_a_closed_an_encrypted_or_a_lost_connection_is_left_to_the_transport() -> None:
    for state in ({"connected": 0}, {"disconnecting": True}, {"TLS": True}, {"room": -1}):
        socket = Socket(**{"room": 100, **state})
        write_at_once(socket, b"answer")
        assert (socket.sent, socket._tempDataBuffer) == (b"", [b"answer"])


def test_a_wrapper_that_encrypts_is_never_passed_by() -> None:
    class Wrapper:
        def __init__(self) -> None:
            self.inner = Socket(100)
            self.written = b""

        def write(self, data: bytes) -> None:
            self.written += data

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    wrapper = Wrapper()
    write_at_once(wrapper, b"secret")
    assert (wrapper.inner.sent, wrapper.written) == (b"", b"secret")
