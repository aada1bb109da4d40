"""All that a network's author reads. Nothing here, and nothing in a network, knows of Matrix."""
