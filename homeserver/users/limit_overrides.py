"""Accounts with limits of their own for messages."""

from homeserver.storage import account_limits
from homeserver.storage.account_limits import Limit
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.accounts import Accounts
from homeserver.users.rate_limits import Bucket, Limits

COST = "message"


class LimitOverrides:
    """No messages a second means no limit at all, for nothing."""

    def __init__(self, db: Database, accounts: Accounts, limits: Limits) -> None:
        self._db = db
        self._accounts = accounts
        self._limits = limits

    async def start(self) -> None:
        for user_id, limit in (await self._db.read(account_limits.everything)).items():
            self._take(user_id, limit)

    async def find(self, user_id: str) -> Limit | None:
        return await self._db.read(account_limits.find, user_id)

    async def set(self, user_id: str, limit: Limit | None) -> None:
        """None takes the limit back to everybody's."""
        await self._db.write(self._set, user_id, limit)

    def _set(self, txn: Transaction, user_id: str, limit: Limit | None) -> None:
        is_unlimited = limit is not None and not limit[0]
        self._accounts.change(txn, user_id, is_unlimited=is_unlimited)
        if limit is None:
            account_limits.remove(txn, user_id)
        else:
            account_limits.save(txn, user_id, limit)
        txn.after_commit(lambda: self._take(user_id, limit))

    def _take(self, user_id: str, limit: Limit | None) -> None:
        if limit is None or not limit[0]:
            self._limits.own.pop((COST, user_id), None)
        else:
            interval_ms = 1000 / limit[0]
            allowance_ms = interval_ms * max(0, limit[1] - 1)
            self._limits.own[COST, user_id] = Bucket(interval_ms, allowance_ms, by_ip=False)
