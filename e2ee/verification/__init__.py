"""Interactive verification, machine to machine and person to person."""
