"""What other servers may ask: one file per section of the Server-Server API."""
