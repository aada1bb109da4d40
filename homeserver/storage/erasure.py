"""What is deleted of users who want to be forgotten; their events stay."""

from homeserver.storage import (
    cross_signing_keys,
    delayed_events,
    key_backups,
    openid_tokens,
    profiles,
    thread_subscriptions,
)
from homeserver.storage.transaction import Transaction


def erase(txn: Transaction, user_id: str) -> None:
    """Delete what is kept about a user besides the account's name and events."""
    profiles.erase(txn, user_id)
    openid_tokens.delete_of_user(txn, user_id)
    cross_signing_keys.remove(txn, user_id)
    key_backups.delete_of_user(txn, user_id)
    delayed_events.delete_of_user(txn, user_id)
    thread_subscriptions.delete_of_user(txn, user_id)
    txn.execute("DELETE FROM account_data WHERE user_id = ?", user_id)
    txn.execute("DELETE FROM filters WHERE user_id = ?", user_id)
    txn.execute("DELETE FROM push_rules WHERE user_id = ?", user_id)
    txn.execute("DELETE FROM presence WHERE user_id = ?", user_id)
