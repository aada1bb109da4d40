"""Tokens that let people register, the one for the first administrator among them."""

import re
from hmac import compare_digest
from pathlib import Path
from typing import Any

from attrs import evolve

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import Forbidden, InvalidParam, MatrixError, NotFound
from homeserver.logs import logger
from homeserver.randomness import Random
from homeserver.storage import accounts, registration_tokens
from homeserver.storage.database import Database
from homeserver.storage.registration_tokens import RegistrationToken
from homeserver.storage.transaction import Transaction

__all__ = ["RegistrationToken", "RegistrationTokens"]

_GRAMMAR = re.compile(r"[0-9A-Za-z._~-]{1,64}")

log = logger(__name__)


class RegistrationTokens:
    """`first_admin_path` names the file whose token counts while there is no administrator."""

    def __init__(
        self, db: Database, clock: Clock, random: Random, first_admin_path: Path | None
    ) -> None:
        self._db = db
        self._clock = clock
        self._random = random
        self._first_admin_path = first_admin_path

    async def is_valid(self, token: str) -> bool:
        if not _GRAMMAR.fullmatch(token):
            return False
        if await self.awaits_admin() and self._is_first_admins(token):
            return True
        found = await self._db.glance(registration_tokens.find, token)
        return found is not None and found.is_valid(self._clock.now_ms())

    def redeem(self, txn: Transaction, token: str) -> bool:
        """Use a token where the account is made; whether it makes an administrator."""
        if self._is_first_admins(token) and not accounts.have_admin(txn):
            txn.after_commit(self._remove_file)
            return True
        found = registration_tokens.find(txn, token)
        if found is None or not found.is_valid(self._clock.now_ms()):
            raise Forbidden("This registration token is not valid any more.")
        registration_tokens.count_use(txn, token)
        return False

    async def awaits_admin(self) -> bool:
        """Whether the first administrator may register now."""
        if self._first_admin_path is None or self._first_admin_token() is None:
            return False
        return not await self._db.glance(accounts.have_admin)

    # -- what administrators do

    async def create(
        self,
        token: str | None,
        uses_allowed: int | None,
        expires_ts: int | None,
        length: int = 16,
    ) -> RegistrationToken:
        text = token if token is not None else randomness.token(self._random, length)
        if not _GRAMMAR.fullmatch(text):
            raise InvalidParam("A token has 1 to 64 letters, digits, and the signs . _ ~ -")
        if not await self._db.write(registration_tokens.add, text, uses_allowed, expires_ts):
            raise MatrixError("There is such a token already.", errcode="M_INVALID_PARAM")
        return RegistrationToken(text, uses_allowed, 0, expires_ts)

    async def everything(self) -> list[RegistrationToken]:
        return await self._db.read(registration_tokens.everything)

    async def find(self, token: str) -> RegistrationToken:
        """Raises NotFound."""
        found = await self._db.read(registration_tokens.find, token)
        if found is None:
            raise NotFound("There is no such registration token.")
        return found

    async def change(self, token: str, changes: dict[str, Any]) -> RegistrationToken:
        """Set `uses_allowed` or `expires_ts`; raises NotFound."""
        changed = evolve(await self.find(token), **changes)
        await self._db.write(registration_tokens.change, changed)
        return changed

    async def remove(self, token: str) -> bool:
        return await self._db.write(registration_tokens.remove, token)

    # -- the file

    def _first_admin_token(self) -> str | None:
        if self._first_admin_path is None:
            return None
        try:
            return self._first_admin_path.read_text("utf-8").strip() or None
        except OSError:
            return None

    def _is_first_admins(self, token: str) -> bool:
        expected = self._first_admin_token()
        return expected is not None and compare_digest(expected.encode(), token.encode())

    def _remove_file(self) -> None:
        if self._first_admin_path is not None:
            try:
                self._first_admin_path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("the used token of the first administrator is still there: %s", error)
