"""What proves who somebody is besides the password: codes of an authenticator, or recovery codes.

An account that has it is entered by the pages of this server alone.
"""

from attrs import evolve, frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import Forbidden
from homeserver.randomness import Random
from homeserver.storage import accounts, second_factors
from homeserver.storage.database import Database
from homeserver.storage.known_sessions import KnownSessions
from homeserver.storage.second_factors import Totp
from homeserver.storage.transaction import Transaction
from homeserver.users.account_changes import forget_proofs
from homeserver.users.appservices import token_hash
from homeserver.users.guesses import CODE, Guesses, Place
from homeserver.users.totp import DIGITS, SECRET_BYTES, step_of

RECOVERY_CODES = 10
RECOVERY_LENGTH = 16
"""About 95 bits: no slow hash is needed to keep them."""


class SecondFactorNeeded(Forbidden):
    """The way in that is left: the browser."""

    def __init__(self, url: str) -> None:
        super().__init__(
            "This account has a second factor, so that a password or a token alone does not open "
            f"it. Sign in with the browser: choose an app that does so, or go to {url}"
        )


class WrongCode(Forbidden):
    def __init__(self) -> None:
        super().__init__("This code is wrong, or has been used before.")


@frozen
class SingleProofs:
    """For every door that asks for one proof. `_url` is the page where people sign in by both."""

    _db: Database
    _url: str

    def refuse(self, txn: Transaction, user_id: str) -> None:
        """Raises SecondFactorNeeded where one is not enough."""
        if second_factors.is_on(txn, user_id):
            raise SecondFactorNeeded(self._url)

    async def check(self, user_id: str) -> None:
        await self._db.glance(self.refuse, user_id)


@frozen
class SecondFactors:
    _db: Database
    _clock: Clock
    _random: Random
    _guesses: Guesses
    _known: KnownSessions

    async def is_on(self, user_id: str) -> bool:
        return await self._db.glance(second_factors.is_on, user_id)

    async def has_totp(self, user_id: str) -> bool:
        return await self._db.glance(second_factors.has_totp, user_id)

    async def recovery_codes_left(self, user_id: str) -> int:
        return await self._db.glance(second_factors.count_codes, user_id)

    # -- what its owner does

    async def begin(self, user_id: str) -> bytes:
        """A new secret, which does not count yet."""
        return await self._db.write(self._begin, user_id, self._random(SECRET_BYTES))

    async def secret(self, user_id: str) -> bytes | None:
        """The one that is still to be confirmed."""
        found = await self._db.glance(second_factors.find, user_id)
        return found.secret if found and not found.is_confirmed else None

    async def confirm(self, user_id: str, code: str, place: Place) -> list[str]:
        """From now on it counts; returns recovery codes. Whatever was given out before ends."""
        await self._guesses.check(CODE, user_id, place)
        codes = self.new_codes()
        if not await self._db.write(self._confirm, user_id, plain(code), codes):
            raise await self._counted(user_id, place)
        return codes

    async def check(self, user_id: str, code: str, place: Place) -> None:
        """One of the authenticator or of recovery, once; raises WrongCode. Guesses are counted."""
        await self._guesses.check(CODE, user_id, place)
        if not await self._db.write(self._take, user_id, plain(code)):
            raise await self._counted(user_id, place)

    async def replace_codes(self, user_id: str) -> list[str]:
        codes = self.new_codes()
        await self._db.write(second_factors.replace_codes, user_id, hashes_of(codes))
        return codes

    async def remove_totp(self, user_id: str) -> None:
        await self._db.write(second_factors.remove_totp, user_id)

    async def remove(self, user_id: str) -> None:
        """All of them, passkeys too."""
        await self._db.write(second_factors.remove, user_id)

    # -- inside

    def _begin(self, txn: Transaction, user_id: str, secret: bytes) -> bytes:
        if second_factors.has_totp(txn, user_id):
            raise Forbidden("There is an authenticator already.")
        second_factors.save(txn, user_id, Totp(secret, False, 0))
        return secret

    def _confirm(self, txn: Transaction, user_id: str, code: str, codes: list[str]) -> bool:
        found = second_factors.find(txn, user_id)
        if found is None or found.is_confirmed:
            return False
        step = step_of(found.secret, code, self._clock.now_ms(), 0)
        if step is None:
            return False
        second_factors.save(txn, user_id, Totp(found.secret, True, step))
        second_factors.replace_codes(txn, user_id, hashes_of(codes))
        forget_proofs(txn, user_id)
        accounts.close_key_window(txn, user_id)
        # Application services are told that they speak for this user no more.
        txn.after_commit(lambda: self._known.forget(user_id))
        return True

    def _take(self, txn: Transaction, user_id: str, code: str) -> bool:
        if len(code) != DIGITS:
            return second_factors.take_code(txn, user_id, token_hash(code))
        found = second_factors.find(txn, user_id)
        if found is None or not found.is_confirmed:
            return False
        step = step_of(found.secret, code, self._clock.now_ms(), found.last_step)
        if step is None:
            return False
        second_factors.save(txn, user_id, evolve(found, last_step=step))
        return True

    def new_codes(self) -> list[str]:
        """In fours, to be read easily; what is between them does not count."""
        found = []
        for _ in range(RECOVERY_CODES):
            text = randomness.token(self._random, RECOVERY_LENGTH)
            found.append("-".join(text[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)))
        return found

    async def _counted(self, user_id: str, place: Place) -> WrongCode:
        await self._guesses.failed(CODE, user_id, place)
        return WrongCode()


def plain(code: str) -> str:
    return "".join(letter for letter in code[:100] if letter.isascii() and letter.isalnum())


def hashes_of(codes: list[str]) -> list[bytes]:
    return [token_hash(plain(code)) for code in codes]
