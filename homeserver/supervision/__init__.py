"""Bridges beside the server: what is known of them, and the processes that run them."""
