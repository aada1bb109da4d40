"""What a sync leaves out: of a room in which much was said it shows the newest only (`limited`)."""

from urllib.parse import quote

from e2ee.encoding import JsonObject
from e2ee.http import Homeserver
from e2ee.requests import CLIENT

MAX_MISSED = 1_000
"""Events of a room. Who was away for longer reads the rest from the room's history."""


async def left_out(
    server: Homeserver, me: str, room_id: str, room: JsonObject, since: str | None
) -> list[JsonObject]:
    """The events between `since` and the timeline, in order; none of before a join of ours."""
    timeline = room.get("timeline", {})
    place = timeline.get("prev_batch")
    if since is None or not timeline.get("limited") or has_joined(room, me):
        return []
    missed: list[JsonObject] = []
    while place and len(missed) < MAX_MISSED:
        query = {"dir": "b", "from": place, "to": since, "limit": "100"}
        path = f"{CLIENT}/rooms/{quote(room_id, safe='')}/messages"
        page = await server.ask("GET", path, **query)
        missed += page["chunk"]
        place = page.get("end") if page["chunk"] else None
    return missed[::-1]


def has_joined(room: JsonObject, me: str) -> bool:
    events = [*room.get("state", {}).get("events", []), *room.get("timeline", {}).get("events", [])]
    return any(
        it.get("type") == "m.room.member"
        and it.get("state_key") == me
        and it.get("content", {}).get("membership") == "join"
        and before(it) != "join"
        for it in events
    )


def before(member: JsonObject) -> object:
    """The membership that went before; a name that changes is no join."""
    previous = member.get("unsigned", {}).get("prev_content")
    return previous.get("membership") if isinstance(previous, dict) else None
