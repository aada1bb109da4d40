"""Who may do what with the bridge."""

from collections.abc import Mapping
from enum import IntEnum

from attrs import frozen


class Level(IntEnum):
    BLOCK = 0
    RELAY = 1
    USER = 2
    ADMIN = 3


@frozen
class Permissions:
    """By user id, then by server, then by "*"; who is not named is blocked."""

    _by_pattern: Mapping[str, Level]

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> "Permissions":
        """Raises KeyError for a level that there is not."""
        return cls({pattern: Level[name.upper()] for pattern, name in settings.items()})

    def level(self, user_id: str) -> Level:
        server = user_id.partition(":")[2]
        for pattern in (user_id, server, "*"):
            if pattern in self._by_pattern:
                return self._by_pattern[pattern]
        return Level.BLOCK
