"""Every answer that a test sees is held against the specification: see check.py."""
