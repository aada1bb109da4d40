"""Signing in through others: providers of OpenID Connect, and a directory."""
