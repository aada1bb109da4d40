"""How other machines are reached, and how they reach us."""
