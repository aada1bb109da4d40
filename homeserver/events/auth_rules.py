"""Whether an event may be in its room. Spec: "Authorization rules" of each room version.

Rule numbers below are those of room version 12; earlier versions have the same rules less some.
"""

from collections.abc import Collection, Sequence

from homeserver.events.auth_create import authorize_create
from homeserver.events.auth_membership import authorize_membership
from homeserver.events.auth_power_levels import authorize_power_levels
from homeserver.events.auth_selection import CREATE, POWER_LEVELS, auth_keys
from homeserver.events.event import Event, StateKey
from homeserver.events.ids import domain_of
from homeserver.events.membership import RoomState, membership_in
from homeserver.events.power_levels import PowerLevels
from homeserver.events.problems import AuthError


def authorize(event: Event, state: RoomState) -> None:
    """Raise AuthError unless the event is allowed in a room of this state.

    That a restricted join is signed by its authorising server is left to the signature checks.
    """
    if event.type == "m.room.create":
        return authorize_create(event)
    create = _create_event(event, state)
    power_levels = state.get(POWER_LEVELS)
    levels = PowerLevels.of(create, power_levels, event.version)
    if event.type == "m.room.member":
        return authorize_membership(event, state, create, levels)
    if event.type == "m.room.aliases" and event.version.aliases_auth_rule:
        return _authorize_aliases(event)
    if membership_in(state, event.sender) != "join":
        raise AuthError("You must be in the room to do this.")
    _check_power(event, levels)
    if event.type == "m.room.power_levels":
        authorize_power_levels(event, power_levels, create, levels)
    elif event.type == "m.room.redaction" and event.version.redaction_auth_rule:
        _authorize_redaction(event, levels)


def check_auth_events(
    event: Event, auth_events: Sequence[Event], rejected: Collection[str] = ()
) -> None:
    """Rule 3: raise AuthError unless the event names fit `auth_events`.

    `rejected` holds the ids of those among them that were themselves rejected.
    """
    if event.type == "m.room.create":
        return
    _check_selection(event, auth_events)
    for auth_event in auth_events:
        if auth_event.event_id in rejected:
            raise AuthError(f"The auth event {auth_event.event_id} was rejected.")
        if auth_event.room_id != event.room_id:
            raise AuthError(f"The auth event {auth_event.event_id} belongs to another room.")


def _check_selection(event: Event, auth_events: Sequence[Event]) -> None:
    """Rules 3.1 and 3.2, and 2.4 of the versions before 12."""
    expected = set(
        auth_keys(event.type, event.sender, event.state_key, event.content, event.version)
    )
    seen: set[StateKey] = set()
    for auth_event in auth_events:
        if not auth_event.is_state or auth_event.state_pair not in expected:
            raise AuthError(f"The auth event {auth_event.event_id} has no say about this event.")
        if auth_event.state_pair in seen:
            raise AuthError(f"There are two auth events for {auth_event.state_pair}.")
        seen.add(auth_event.state_pair)
    if CREATE in expected and CREATE not in seen:
        raise AuthError("The room's create event is not among the auth events.")


def _create_event(event: Event, state: RoomState) -> Event:
    """The room's create event, once it lets this event in (rules 2 and 4)."""
    create = state.get(CREATE)
    if create is None:
        raise AuthError("The room has no create event.")
    if create.room_id != event.room_id:
        raise AuthError("The event belongs to another room.")
    if create.content.get("m.federate") is False and event.sender_domain != create.sender_domain:
        raise AuthError("This room is only open to users of the server that made it.")
    return create


def _authorize_aliases(event: Event) -> None:
    """Rule 4 of room versions 1 to 5."""
    if event.state_key != event.sender_domain:
        raise AuthError("A server may only set its own aliases.")


def _check_power(event: Event, levels: PowerLevels) -> None:
    """Rules 7 to 9."""
    level = levels.user(event.sender)
    if event.type == "m.room.third_party_invite":
        if level < levels.invite:
            raise AuthError("You do not have the power to invite users.")
        return
    if level < levels.to_send(event.type, event.is_state):
        raise AuthError(f"You do not have the power to send {event.type} events.")
    if event.state_key and event.state_key.startswith("@") and event.state_key != event.sender:
        raise AuthError("This state belongs to another user.")


def _authorize_redaction(event: Event, levels: PowerLevels) -> None:
    """Rule 11 of room versions 1 and 2."""
    if levels.user(event.sender) >= levels.redact:
        return
    if domain_of(event.redacts or "") != domain_of(event.event_id):
        raise AuthError("You do not have the power to redact this event.")
