"""Which app has which login."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class OAuthSession:
    client_id: str
    scope: str


def add(txn: Transaction, session: int, it: OAuthSession) -> None:
    txn.execute(
        "INSERT INTO oauth_sessions (session, client_id, scope) VALUES (?, ?, ?)",
        session,
        it.client_id,
        it.scope,
    )


def find(txn: Transaction, session: int) -> OAuthSession | None:
    """None for logins that came about in another way."""
    row = txn.one("SELECT client_id, scope FROM oauth_sessions WHERE session = ?", session)
    return OAuthSession(*row) if row else None
