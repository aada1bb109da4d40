"""Where a machine remembers: in memory, SQLite, PostgreSQL. All I/O but the driver's."""
