"""Registration tokens: who has one may make an account."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class RegistrationToken:
    """`uses_allowed` and `expires_ts` are None where there is no such limit."""

    token: str
    uses_allowed: int | None
    uses: int
    expires_ts: int | None
    created_by: str = ""
    """The member whose invitation it is, if any."""

    def is_valid(self, now_ms: int) -> bool:
        used_up = self.uses_allowed is not None and self.uses >= self.uses_allowed
        expired = self.expires_ts is not None and self.expires_ts <= now_ms
        return not used_up and not expired


COLUMNS = "token, uses_allowed, uses, expires_ts, created_by"


def add(
    txn: Transaction,
    token: str,
    uses_allowed: int | None,
    expires_ts: int | None,
    created_by: str = "",
) -> bool:
    """Store a new token; False if there is one of that text."""
    return bool(
        txn.execute(
            """
            INSERT INTO registration_tokens (token, uses_allowed, expires_ts, created_by)
            VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            token,
            uses_allowed,
            expires_ts,
            created_by,
        )
    )


def find(txn: Transaction, token: str) -> RegistrationToken | None:
    row = txn.one(f"SELECT {COLUMNS} FROM registration_tokens WHERE token = ?", token)
    return RegistrationToken(*row) if row else None


def everything(txn: Transaction) -> list[RegistrationToken]:
    rows = txn.query(f"SELECT {COLUMNS} FROM registration_tokens ORDER BY token")
    return [RegistrationToken(*row) for row in rows]


def of_member(txn: Transaction, user_id: str) -> list[RegistrationToken]:
    rows = txn.query(
        f"SELECT {COLUMNS} FROM registration_tokens WHERE created_by = ? ORDER BY token", user_id
    )
    return [RegistrationToken(*row) for row in rows]


def delete_of_member(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM registration_tokens WHERE created_by = ?", user_id)


def count_use(txn: Transaction, token: str) -> None:
    txn.execute("UPDATE registration_tokens SET uses = uses + 1 WHERE token = ?", token)


def change(txn: Transaction, token: RegistrationToken) -> None:
    txn.execute(
        "UPDATE registration_tokens SET uses_allowed = ?, expires_ts = ? WHERE token = ?",
        token.uses_allowed,
        token.expires_ts,
        token.token,
    )


def remove(txn: Transaction, token: str) -> bool:
    return bool(txn.execute("DELETE FROM registration_tokens WHERE token = ?", token))
