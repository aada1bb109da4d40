"""Isthmus beside a real Synapse, over TLS on loopback. docs/contributing.md tells how it is run."""
