"""What every bridge does, whatever its network: portals, ghosts, logins, commands, the outbox."""
