"""Whether a redaction takes effect. Spec: room versions, "Handling redactions"."""

from homeserver.events.event import Event
from homeserver.events.power_levels import PowerLevels
from homeserver.events.redaction import redact


def takes_effect(redaction: Event, target: Event, levels: PowerLevels) -> bool:
    """Both events must be known and valid; `levels` are those where the redaction stands."""
    if redaction.redacts != target.event_id or redaction.room_id != target.room_id:
        return False
    if redaction.version.redaction_auth_rule:
        return True  # Authorised events of versions 1 and 2 have passed the same test.
    return (
        levels.user(redaction.sender) >= levels.redact
        or redaction.sender_domain == target.sender_domain
    )


def redacted(event: Event) -> Event:
    """What is left of the event, under the same id."""
    return Event.from_pdu(redact(event.pdu, event.version), event.version, event.event_id)
