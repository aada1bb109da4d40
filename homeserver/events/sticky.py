"""Events that stay in sight for a while after they were sent. MSC4354, "Sticky events"."""

from homeserver.json_values import JsonObject

STICKY = "msc4354_sticky"
MAX_STICKY_MS = 3_600_000


def sticky_duration(pdu: JsonObject) -> int | None:
    """For how long, in ms, an event is sticky; None if it is not."""
    sticky = pdu.get(STICKY)
    if not isinstance(sticky, dict):
        return None
    duration = sticky.get("duration_ms")
    if not isinstance(duration, int) or isinstance(duration, bool) or duration < 0:
        return None
    return min(duration, MAX_STICKY_MS)
