"""The few differences between SQLite and PostgreSQL."""
