"""Bridges, for what only they may ask."""

from tests.homeserver.appservices.conftest import bridge, world

__all__ = ["bridge", "world"]
