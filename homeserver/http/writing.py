"""Sends an answer at once where the socket takes it: no round through the reactor's event loop."""

from typing import Any

from twisted.internet.tcp import Connection


def write_at_once(transport: Any, data: bytes) -> None:
    """As `transport.write`, but the first try is made now, not when the reactor comes round.

    Twisted asks the kernel to be told when a socket is writable, writes then, and asks to be told
    no more: two system calls and a turn of the loop, for an answer that nearly always fits.
    """
    # Only a bare socket: a wrapper that encrypts shows the socket's attributes as its own.
    if not (isinstance(transport, Connection) and is_idle(transport)):
        transport.write(data)
        return
    sent = transport.writeSomeData(data)
    if not isinstance(sent, int):
        sent = 0  # The connection is lost: the transport's own write finds it and tells.
    if sent < len(data):
        transport.write(data[sent:])  # type: ignore[no-untyped-call]


def is_idle(transport: Connection) -> bool:
    """Whether nothing waits that must go first, on a plain connection that is open."""
    return bool(
        transport.connected
        and not transport.disconnecting
        and not transport.TLS
        and not transport.dataBuffer
        and not transport._tempDataBuffer
    )
