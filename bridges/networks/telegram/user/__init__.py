"""Somebody's own account on Telegram, instead of a bot."""
