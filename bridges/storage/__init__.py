"""What a bridge remembers; the only place with SQL."""
