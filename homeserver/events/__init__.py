"""The rules of Matrix, pure: no I/O, no clock, no randomness."""
