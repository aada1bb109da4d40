"""Events that stay in sight for a while after they were sent. MSC4354, "Sticky events"."""

from homeserver.events.event import Event

STICKY = "msc4354_sticky"
MAX_STICKY_MS = 3_600_000


def sticky_duration(event: Event) -> int | None:
    """For how long, in ms, the event is sticky; None if it is not."""
    sticky = event.pdu.get(STICKY)
    if not isinstance(sticky, dict) or event.is_state:
        return None
    duration = sticky.get("duration_ms")
    if not isinstance(duration, int) or isinstance(duration, bool) or duration < 0:
        return None
    return min(duration, MAX_STICKY_MS)


def sticky_until(event: Event, received_ts: int) -> int | None:
    """When it stops being sticky: who dates events into the future gains nothing."""
    duration = sticky_duration(event)
    return None if duration is None else min(received_ts, event.origin_server_ts) + duration
