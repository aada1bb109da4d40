"""Bridges, for what only they may ask of rooms."""

from tests.homeserver.appservices.conftest import bridge, world

__all__ = ["bridge", "world"]
