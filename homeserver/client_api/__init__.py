"""What clients may ask: one file for each section of the Client-Server API."""
