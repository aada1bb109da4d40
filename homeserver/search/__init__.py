"""Searching what was said in rooms: an index that follows them, and what is found in it."""
