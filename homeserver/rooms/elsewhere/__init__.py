"""Rooms that this server is not in yet: how users of ours get into them, and out again."""
