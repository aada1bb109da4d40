"""Bridges: rooms joined to other networks. They meet the homeserver only over HTTP."""
