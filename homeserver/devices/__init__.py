"""Devices: which there are, their keys, and messages from one to another."""
