"""Signing in by OAuth 2.0: apps, consent, codes, tokens."""
