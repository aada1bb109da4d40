"""Authorization codes: consent that waits to be exchanged for tokens."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen(kw_only=True)
class Code:
    """`session` is the login that it was exchanged for, if it was."""

    client_id: str
    user_id: str
    redirect_uri: str
    challenge: str
    scope: str
    expires_ts: int
    session: int | None = None


def add(txn: Transaction, hash: bytes, code: Code, oldest_ts: int) -> None:
    """Store a code; those that expired before `oldest_ts` go."""
    txn.execute("DELETE FROM oauth_codes WHERE expires_ts < ?", oldest_ts)
    txn.execute(
        """
        INSERT INTO oauth_codes (
            hash, client_id, user_id, redirect_uri, challenge, scope, expires_ts
        ) VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        hash,
        code.client_id,
        code.user_id,
        code.redirect_uri,
        code.challenge,
        code.scope,
        code.expires_ts,
    )


def find(txn: Transaction, hash: bytes) -> Code | None:
    row = txn.one(
        """
        SELECT client_id, user_id, redirect_uri, challenge, scope, expires_ts, session
        FROM oauth_codes WHERE hash = ?
        """,
        hash,
    )
    if row is None:
        return None
    client_id, user_id, redirect_uri, challenge, scope, expires_ts, session = row
    return Code(
        client_id=client_id,
        user_id=user_id,
        redirect_uri=redirect_uri,
        challenge=challenge,
        scope=scope,
        expires_ts=expires_ts,
        session=session,
    )


def exchanged(txn: Transaction, hash: bytes, session: int) -> None:
    txn.execute("UPDATE oauth_codes SET session = ? WHERE hash = ?", session, hash)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM oauth_codes WHERE user_id = ?", user_id)
