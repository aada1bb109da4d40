"""Builds the objects of one subject each; app.py puts the subjects together."""
