"""Where the specification's own files are wrong, or silent about what it says elsewhere."""

from typing import Any

from attrs import frozen

NOT_ERRCODES = frozenset({"M_EXAMPLE_ERROR", "M_MISSING_PARAMS"})
"""An example's, and a misspelling of M_MISSING_PARAM."""

EXTRA_ERRCODES = frozenset(
    {
        "M_UNKNOWN_POS",
        "M_MAX_DELAY_EXCEEDED",
        "M_EXPIRED_ACTIVATION_TOKEN",
        "M_UNKNOWN_ACTIVATION_TOKEN",
    }
)
"""Codes of proposals that go without a prefix: sliding sync (MSC4186), delayed events (MSC4140),
web push (MSC4174).
"""


@frozen
class Slip:
    """Names that a schema of the digest requires, but should not, and why."""

    place: tuple[str | int, ...]
    not_required: frozenset[str]
    reason: str


_NO_ORIGIN = "events carry no `origin`: definitions/pdu_v*.yaml lack it, room version 11 dropped it"


def _sent_event(operation: str) -> Slip:
    place = ("operations", f"ss PUT /_matrix/federation/{operation}", "request", "schema")
    return Slip(place, frozenset({"origin"}), _NO_ORIGIN)


SLIPS = (
    _sent_event("v2/send_join/{roomId}/{eventId}"),
    _sent_event("v2/send_leave/{roomId}/{eventId}"),
    _sent_event("v1/send_knock/{roomId}/{eventId}"),
    Slip(
        ("definitions", "server-server.invite_event", "allOf", 0),
        frozenset({"origin"}),
        _NO_ORIGIN,
    ),
    Slip(
        ("operations", "cs GET /_matrix/client/v3/voip/turnServer", "responses", "200", "schema"),
        frozenset({"password", "ttl", "uris", "username"}),
        "there is no word for a server without TURN; clients know the empty object",
    ),
)


OVERLAPPING_CHOICES: tuple[tuple[str | int, ...], ...] = (
    (
        "operations",
        "cs GET /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}",
        "responses",
        "200",
        "schema",
    ),
)
"""Places of a `oneOf` whose forms are not exclusive: an event is an object too."""


def correct(digest: dict[str, Any]) -> None:
    """Raises ValueError for a slip that the specification no longer has."""
    for slip in SLIPS:
        schema = _at(digest, slip.place)
        if not slip.not_required <= set(schema["required"]):
            raise ValueError(f"the specification has corrected {slip.place}")
        schema["required"] = sorted(set(schema["required"]) - slip.not_required)
    for place in OVERLAPPING_CHOICES:
        schema = _at(digest, place)
        if "oneOf" not in schema:
            raise ValueError(f"the specification has corrected {place}")
        schema["anyOf"] = schema.pop("oneOf")


def _at(digest: dict[str, Any], place: tuple[str | int, ...]) -> Any:
    found: Any = digest
    for name in place:
        found = found[name]
    return found
