"""Voice and video: relays for two people, LiveKit for many."""
