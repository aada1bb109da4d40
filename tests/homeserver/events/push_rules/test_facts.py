import pytest

from homeserver.events.push_rules.facts import Absent, Facts, Path, RoomView, parse_path
from tests.homeserver.events.push_rules.conftest import MakeEvent


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("type", ("type",)),
        ("content.body", ("content", "body")),
        (r"content.m\.relates_to.rel_type", ("content", "m.relates_to", "rel_type")),
        (r"content.m\\foo", ("content", r"m\foo")),
        (r"content.\x", ("content", r"\x")),
        (r"content.\\.a", ("content", "\\", "a")),
        ("content.", ("content", "")),
        ("a\\", ("a\\",)),
        ("", ("",)),
    ],
)
def test_a_key_is_split_at_its_unescaped_dots(key: str, path: Path) -> None:
    assert parse_path(key) == path


def test_values_are_found_in_the_event_that_clients_see(event: MakeEvent, crowd: RoomView) -> None:
    facts = Facts(event(content={"a": {"b.c": 1}, "body": "Hi", "n": 2}), crowd)

    assert facts.value(("content", "a", "b.c")) == 1
    assert facts.value(("event_id",)) == "$event"
    assert facts.lowered(("content", "body")) == "hi"
    assert facts.lowered(("content", "n")) is None
    for path in (("state_key",), ("content", "n", "x"), ("content", "x"), ("depth",)):
        with pytest.raises(Absent):
            facts.value(path)
        assert facts.lowered(path) is None
