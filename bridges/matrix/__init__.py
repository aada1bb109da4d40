"""The Matrix side: the Application Service API in, the Client-Server API out."""
