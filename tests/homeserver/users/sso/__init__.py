"""Signing in through others."""
