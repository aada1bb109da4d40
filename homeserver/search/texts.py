"""What of an event can be searched. Spec: Client-Server API, "Search Categories"."""

from homeserver.events.event import Event
from homeserver.json_values import JsonObject

BODY, NAME, TOPIC = "content.body", "content.name", "content.topic"
KEYS = {"m.room.message": BODY, "m.room.name": NAME, "m.room.topic": TOPIC}
"""By the type of events."""


def text_of(event: Event, content: JsonObject) -> str:
    """What the event says with this content: its own, or that of its newest edit."""
    if event.type == "m.room.message" and not event.is_state:
        return "\n".join([_without_quote(content), *_strings(content.get("filename"))])
    if event.state_key != "":
        return ""
    if event.type == "m.room.name":
        return "\n".join(_strings(content.get("name")))
    if event.type == "m.room.topic":
        return "\n".join([*_strings(content.get("topic")), *_plain_topic(content)])
    return ""


def _without_quote(content: JsonObject) -> str:
    """The body, less the quote that older clients put before a reply."""
    body = content.get("body")
    if not isinstance(body, str):
        return ""
    relation = content.get("m.relates_to")
    if not (isinstance(relation, dict) and "m.in_reply_to" in relation):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        del lines[0]
    return "\n".join(lines)


def _plain_topic(content: JsonObject) -> list[str]:
    block = content.get("m.topic")
    versions = block.get("m.text") if isinstance(block, dict) else None
    return [
        text
        for version in (versions if isinstance(versions, list) else [])
        if isinstance(version, dict) and version.get("mimetype", "text/plain") == "text/plain"
        for text in _strings(version.get("body"))
    ]


def _strings(value: object) -> list[str]:
    return [value] if isinstance(value, str) else []
