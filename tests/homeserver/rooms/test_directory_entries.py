"""Topics as directories show them."""

from typing import Any

import pytest

from tests.people import Server


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"topic": "plain"}, "plain"),
        ({"topic": "plain", "m.topic": {"m.text": [{"body": "block"}]}}, "block"),
        (
            {"m.topic": {"m.text": [{"mimetype": "text/html", "body": "<b>"}, {"body": "text"}]}},
            "text",
        ),
        ({"m.topic": {"m.text": [{"mimetype": "text/html", "body": "<b>"}]}}, None),
        ({"topic": 7, "m.topic": {"m.text": "x"}}, None),
        ({"topic": ""}, None),
    ],
)
@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_the_plain_text_of_a_topic_is_shown(
    server: Server, content: dict[str, Any], shown: str | None
) -> None:
    alice = server.person("alice")
    state = [{"type": "m.room.topic", "content": content}]
    alice.creates_room(visibility="public", initial_state=state)
    (entry,) = alice.get("/v3/publicRooms")["chunk"]
    assert entry.get("topic") == shown
