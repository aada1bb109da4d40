"""What a client has missed."""
