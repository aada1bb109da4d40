"""Telling systemd how the service is (sd_notify)."""

import os
import socket


def notify(message: str) -> None:
    """Send `READY=1`, `STOPPING=1` or `WATCHDOG=1`, if systemd listens; never fails."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as outlet:
            outlet.settimeout(1)
            outlet.sendto(message.encode(), address.replace("@", "\0", 1))
    except OSError:
        return


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear from us; half of what it allows."""
    allowed = os.environ.get("WATCHDOG_USEC", "")
    for_us = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(allowed) / 2_000_000 if allowed.isdigit() and int(allowed) and for_us else None
