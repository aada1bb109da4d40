"""The Isthmus homeserver: rooms as event graphs, served to clients and to other servers."""

__version__ = "0.1.0"
