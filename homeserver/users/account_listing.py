"""Accounts as administrators look for them."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from homeserver.storage import account_lists
from homeserver.storage.account_lists import Listed
from homeserver.storage.database import Database

__all__ = ["ORDERS", "AccountListing", "AccountSearch", "Listed"]

ORDERS: dict[str, Callable[[Listed], Any]] = {
    "name": lambda it: it.user_id,
    "is_guest": lambda it: it.is_guest,
    "admin": lambda it: it.is_admin,
    "user_type": lambda it: it.user_type or "",
    "deactivated": lambda it: it.is_deactivated,
    "shadow_banned": lambda it: it.is_shadow_banned,
    "displayname": lambda it: (it.display_name or "").lower(),
    "avatar_url": lambda it: it.avatar_url or "",
    "creation_ts": lambda it: it.created_ts,
    "last_seen_ts": lambda it: it.last_seen_ts or 0,
    "locked": lambda it: it.is_locked,
    "suspended": lambda it: it.is_suspended,
}


@frozen(kw_only=True)
class AccountSearch:
    """`flags` are wanted as they are given; a `name` hides what `user_id` says."""

    flags: dict[str, bool]
    name: str = ""
    user_id: str = ""
    not_types: frozenset[str | None] = frozenset()
    order_by: str = "name"
    backwards: bool = False
    begin: int = 0
    limit: int = 100


@frozen
class AccountListing:
    _db: Database

    async def page(self, search: AccountSearch) -> tuple[list[Listed], int]:
        """A part of what was found, and how much that is in all."""
        user_id = "" if search.name else search.user_id
        found = [
            it
            for it in await self._db.read(account_lists.matching, search.flags, user_id)
            if it.user_type not in search.not_types
            and (not search.name or it.is_called(search.name))
        ]
        found.sort(key=ORDERS[search.order_by], reverse=search.backwards)
        return found[search.begin : search.begin + search.limit], len(found)
