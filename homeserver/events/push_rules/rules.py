"""A push rule and the kinds of rules there are."""

from enum import Enum

from attrs import field, frozen

from homeserver.json_values import JsonObject, JsonValue


class Kind(Enum):
    """In the order in which they are asked."""

    OVERRIDE = "override"
    CONTENT = "content"
    POSTCONTENT = "postcontent"
    """Only rules of the server: those of threads that people follow (MSC4306)."""
    ROOM = "room"
    SENDER = "sender"
    UNDERRIDE = "underride"

    @property
    def has_conditions(self) -> bool:
        return self in (Kind.OVERRIDE, Kind.POSTCONTENT, Kind.UNDERRIDE)

    @property
    def has_pattern(self) -> bool:
        return self is Kind.CONTENT


@frozen
class PushRule:
    rule_id: str
    actions: list[JsonValue]
    conditions: list[JsonObject] = field(factory=list)
    pattern: str | None = None
    enabled: bool = True
    default: bool = False

    def as_json(self, kind: Kind) -> JsonObject:
        """As clients see it: definitions/push_rule.yaml."""
        shown: JsonObject = {
            "rule_id": self.rule_id,
            "default": self.default,
            "enabled": self.enabled,
            "actions": self.actions,
        }
        if kind.has_conditions:
            shown["conditions"] = self.conditions
        if kind.has_pattern:
            shown["pattern"] = self.pattern
        return shown
