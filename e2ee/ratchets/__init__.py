"""Olm and Megolm by a library: one interface, two that fulfil it."""
