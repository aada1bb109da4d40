import pytest

from homeserver.events.event_fields import EventFields, split_path


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("content.body", ["content", "body"]),
        (r"content.m\.relates_to", ["content", "m.relates_to"]),
        (r"content.m\\foo", ["content", "m\\foo"]),
        (r"content.a\x", ["content", "a\\x"]),
        ("content.", ["content", ""]),
        ("", [""]),
    ],
)
def test_a_path_is_split_at_its_dots(path: str, steps: list[str]) -> None:
    assert split_path(path) == steps


def test_only_what_was_asked_for_is_sent_and_it_is_still_an_event() -> None:
    event = {
        "type": "m.room.message",
        "event_id": "$1",
        "sender": "@alice:here",
        "origin_server_ts": 1,
        "content": {"body": "hello", "msgtype": "m.text", "extra": {"a": 1, "b": 2}},
        "unsigned": {"age": 3},
    }

    picked = EventFields.parse(["content.body", "content.extra.a"]).pick(event)

    assert picked["content"] == {"body": "hello", "extra": {"a": 1}}
    assert "unsigned" not in picked
    assert picked["event_id"] == "$1"
    assert EventFields.parse(["unsigned"]).pick(event)["content"] == {}


def test_a_whole_object_is_not_narrowed_by_a_part_of_it() -> None:
    fields = EventFields.parse(["content.body", "content"])

    assert fields.pick({"content": {"body": "a", "more": 1}})["content"] == {"body": "a", "more": 1}
