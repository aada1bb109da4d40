"""What administrators ask: the calls are those of Synapse's admin API. See docs/admin-api.md."""
