"""Parts of a file (RFC 9110, "Range Requests") and files that the client has already."""

import re

from homeserver.http.request import Request, header

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)


class Unsatisfiable(Exception):
    """None of the bytes asked for is there."""


def part_of(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """First byte and length of the part that is asked for; None for the whole.

    Several parts at once, and what is no range of bytes, mean the whole.
    """
    text = header(request, "range")
    match = _RANGE.fullmatch(text) if text else None
    if match is None or not _is_current(request, tag):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        return _last_bytes(int(last), size)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, end - start + 1


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has the file already: If-None-Match."""
    known = [it.strip().removeprefix("W/") for it in header(request, "if-none-match").split(",")]
    return f'"{tag}"' in known or known == ["*"]


def _last_bytes(count: int, size: int) -> tuple[int, int]:
    if count == 0 or size == 0:
        raise Unsatisfiable
    count = min(count, size)
    return size - count, count


def _is_current(request: Request, tag: str) -> bool:
    """If-Range: a part is of use only if the rest is the same file."""
    condition = header(request, "if-range")
    return condition in ("", f'"{tag}"')
