"""What other servers ask of rooms that we are in."""
