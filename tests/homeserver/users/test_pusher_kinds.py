"""Whatever a client says a pusher is, it is one that can be told, or refused with a reason."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from homeserver.delivery.push.watchers import gateway_of
from homeserver.errors import MatrixError
from homeserver.storage.pushers import Pusher
from homeserver.users.pusher_kinds import EMAIL, HTTP, WEB_PUSH, read_pusher

KINDS = (HTTP, EMAIL, *WEB_PUSH)
TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "https://push.example.org/_matrix/push/v1/notify",
        "https://[::1/_matrix/push/v1/notify",
        "http://a:99999/_matrix/push/v1/notify",
        "https://user:word@example.org/x",
        "a@example.org",
        "m.email",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    ]
)
VALUES = TEXTS | st.none() | st.booleans() | st.integers() | st.lists(TEXTS, max_size=2)
BODIES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS) | VALUES,
        "app_id": TEXTS,
        "pushkey": TEXTS,
        "app_display_name": TEXTS,
        "device_display_name": TEXTS,
        "lang": TEXTS,
        "data": st.dictionaries(
            st.sampled_from(["url", "auth", "format", "activated", "x"]), VALUES
        ),
    }
)


@given(BODIES)
def test_a_pusher_that_is_taken_names_where_to_tell_it(body: dict[str, Any]) -> None:
    try:
        content = read_pusher(body, KINDS)
    except MatrixError as error:
        assert error.message
        return
    pusher = Pusher(1, "@alice:test", "D", True, True, 0, 0, content)
    assert gateway_of(pusher) == "mail" or gateway_of(pusher).startswith("http")
    assert "activated" not in content["data"]
