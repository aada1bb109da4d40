"""What a matching rule asks for."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.json_values import JsonObject, JsonValue

HISTORICAL_ACTIONS = frozenset({"dont_notify", "coalesce"})
"""Ignored wherever they are met: "Historical Actions"."""


@frozen
class Actions:
    notify: bool
    highlight: bool
    sound: str | None
    tweaks: JsonObject
    """All of them, as a push gateway is told."""


NOTHING = Actions(notify=False, highlight=False, sound=None, tweaks={})


def read_actions(actions: Iterable[JsonValue]) -> Actions:
    """Tweaks matter only to those who are notified."""
    notify = False
    tweaks: JsonObject = {}
    for action in actions:
        if action == "notify":
            notify = True
        elif isinstance(action, dict) and isinstance(action.get("set_tweak"), str):
            name = action["set_tweak"]
            tweaks[name] = action.get("value", True if name == "highlight" else None)
    if not notify:
        return NOTHING
    sound = tweaks.get("sound")
    return Actions(
        notify=True,
        highlight=tweaks.get("highlight") is True,
        sound=sound if isinstance(sound, str) else None,
        tweaks=tweaks,
    )


def without_historical(actions: list[JsonValue]) -> list[JsonValue]:
    return [
        action
        for action in actions
        if not (isinstance(action, str) and action in HISTORICAL_ACTIONS)
    ]
