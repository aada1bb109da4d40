"""Sliding sync: clients say which rooms they look at, and get these first."""
