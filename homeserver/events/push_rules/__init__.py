"""Whom an event notifies, and how loudly: Client-Server API, "Push Notifications"."""
