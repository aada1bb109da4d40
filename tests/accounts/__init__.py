"""The pages of accounts in a real browser, without scripts."""
