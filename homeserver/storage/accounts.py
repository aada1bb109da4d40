"""Accounts: who lives here, and what they may do."""

from attrs import evolve, frozen

from homeserver.storage.transaction import Row, Transaction


@frozen(kw_only=True)
class Account:
    """`appservice` is the id of the application service that made the account, else empty.

    `agreed_terms` is JSON: the policies agreed to at registration, with their versions.
    """

    user_id: str
    created_ts: int
    password_hash: str | None = None
    appservice: str = ""
    user_type: str | None = None
    agreed_terms: str | None = None
    is_guest: bool = False
    is_admin: bool = False
    is_unlimited: bool = False
    """No rate limits."""
    is_locked: bool = False
    is_suspended: bool = False
    is_deactivated: bool = False
    is_erased: bool = False
    is_leaving: bool = False
    """Deactivated, and still in rooms that are to be left."""
    is_shadow_banned: bool = False
    keys_replaceable_until: int | None = None
    """Until then the cross-signing keys can be replaced without further proof."""


def add(txn: Transaction, account: Account) -> bool:
    """Store a new account; False if the user id is taken."""
    return bool(
        txn.execute(
            """
            INSERT INTO accounts (
                user_id, created_ts, password_hash, appservice, user_type, agreed_terms, is_guest,
                is_admin, is_unlimited, is_locked, is_suspended, is_deactivated, is_erased,
                is_leaving, is_shadow_banned, keys_replaceable_until
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            account.user_id,
            account.created_ts,
            account.password_hash,
            account.appservice,
            account.user_type,
            account.agreed_terms,
            *flags(account),
            account.keys_replaceable_until,
        )
    )


def save(txn: Transaction, account: Account) -> None:
    txn.execute(
        """
        UPDATE accounts SET password_hash = ?, user_type = ?, is_guest = ?, is_admin = ?,
            is_unlimited = ?, is_locked = ?, is_suspended = ?, is_deactivated = ?, is_erased = ?,
            is_leaving = ?, is_shadow_banned = ?, keys_replaceable_until = ?
        WHERE user_id = ?
        """,
        account.password_hash,
        account.user_type,
        *flags(account),
        account.keys_replaceable_until,
        account.user_id,
    )


def flags(account: Account) -> tuple[int, ...]:
    """As integers, in the order of the columns."""
    return tuple(
        map(
            int,
            (
                account.is_guest,
                account.is_admin,
                account.is_unlimited,
                account.is_locked,
                account.is_suspended,
                account.is_deactivated,
                account.is_erased,
                account.is_leaving,
                account.is_shadow_banned,
            ),
        )
    )


def find(txn: Transaction, user_id: str) -> Account | None:
    row = txn.one(
        """
        SELECT user_id, created_ts, password_hash, appservice, user_type, agreed_terms, is_guest,
            is_admin, is_unlimited, is_locked, is_suspended, is_deactivated, is_erased, is_leaving,
            is_shadow_banned, keys_replaceable_until
        FROM accounts WHERE user_id = ?
        """,
        user_id,
    )
    return account_of(row) if row else None


def account_of(row: Row) -> Account:
    return Account(
        user_id=row[0],
        created_ts=row[1],
        password_hash=row[2],
        appservice=row[3],
        user_type=row[4],
        agreed_terms=row[5],
        is_guest=bool(row[6]),
        is_admin=bool(row[7]),
        is_unlimited=bool(row[8]),
        is_locked=bool(row[9]),
        is_suspended=bool(row[10]),
        is_deactivated=bool(row[11]),
        is_erased=bool(row[12]),
        is_leaving=bool(row[13]),
        is_shadow_banned=bool(row[14]),
        keys_replaceable_until=row[15],
    )


def close_key_window(txn: Transaction, user_id: str) -> None:
    """From now on new cross-signing keys need proof again."""
    txn.execute("UPDATE accounts SET keys_replaceable_until = NULL WHERE user_id = ?", user_id)


def exists(txn: Transaction, user_id: str) -> bool:
    return txn.one("SELECT 1 FROM accounts WHERE user_id = ?", user_id) is not None


def have_admin(txn: Transaction) -> bool:
    return txn.one("SELECT 1 FROM accounts WHERE is_admin = 1 LIMIT 1") is not None


def leaving(txn: Transaction) -> list[str]:
    """Deactivated users whose rooms have not all been left."""
    return [row[0] for row in txn.query("SELECT user_id FROM accounts WHERE is_leaving = 1")]


def has_left(txn: Transaction, user_id: str) -> None:
    if account := find(txn, user_id):
        save(txn, evolve(account, is_leaving=False))
