"""One package for each network; each imports only the kit."""
