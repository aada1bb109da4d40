"""OAuth 2.0, as apps and their users see it."""
