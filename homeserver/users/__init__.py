"""People: accounts, logins, profiles, presence, account data."""
