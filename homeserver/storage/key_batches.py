"""One-time keys that were uploaded together, packed into one value.

Records of equal width stand one after the other, so that the database can give out the next one
without reading the others: `{"algorithm:id": key}`, filled up with spaces and ended by a comma.
"""

from collections.abc import Iterator

import orjson
from attrs import frozen

from homeserver.json_values import JsonObject, encode

SLACK = 64
"""Bytes that a record may be filled up with; where lengths differ more, another batch begins."""


@frozen
class Batch:
    count: int
    width: int
    packed: bytes


def record_of(name: str, key: bytes) -> bytes:
    """`key` is JSON."""
    return b"{%b:%b}" % (encode(name), key)


def packed(records: list[bytes]) -> Iterator[Batch]:
    """As few batches as their lengths allow."""
    lengths = list(map(len, records))
    if max(lengths) - min(lengths) <= SLACK:
        yield _pack(records, max(lengths))
        return
    start, shortest, longest = 0, lengths[0], lengths[0]
    for place, length in enumerate(lengths):
        shortest, longest = min(shortest, length), max(longest, length)
        if longest - shortest > SLACK:
            yield _pack(records[start:place], max(lengths[start:place]))
            start, shortest, longest = place, length, length
    yield _pack(records[start:], longest)


def unpacked(batch: bytes, taken: int, width: int) -> list[JsonObject]:
    """The records that were not taken, as JSON objects."""
    found: list[JsonObject] = orjson.loads(b"[%b]" % batch[taken * width : -1])
    return found


def _pack(records: list[bytes], longest: int) -> Batch:
    lines = [record.ljust(longest) for record in records]
    lines.append(b"")
    return Batch(len(records), longest + 1, b",".join(lines))
