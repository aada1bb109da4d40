"""What we remember: SQL lives here only, as plain functions of a transaction."""
