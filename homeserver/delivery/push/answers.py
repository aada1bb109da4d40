"""What the answer of a gateway or a push service says of a notification."""

from collections.abc import Mapping

from homeserver.delivery.push.turns import Fate, Outcome
from homeserver.http.client import Answer
from homeserver.json_values import JsonValue, decode

BUSY = frozenset({408, 425, 429})


def of_status(answer: Answer) -> Outcome:
    """Of an answer that is no success: who is at fault, the machine or this one request."""
    reason = f"status {answer.status}"
    if answer.status >= 500 or answer.status in BUSY or 300 <= answer.status < 400:
        is_busy = answer.status in BUSY or answer.status == 503
        return Outcome(Fate.LATER, wish_of(answer.headers), reason, is_answer=not is_busy)
    return Outcome(Fate.PUSHER_LATER, 0, reason)


def wish_of(headers: Mapping[str, str]) -> int:
    """How long the other side asks us to wait; 0 if it does not say, or not in seconds."""
    text = headers.get("retry-after", "").strip()
    return int(text) * 1000 if text.isascii() and text.isdigit() and len(text) < 7 else 0


def json_of(answer: Answer) -> JsonValue:
    """None for what is no JSON."""
    try:
        return decode(answer.body)
    except ValueError:
        return None
