"""Passkeys: a way to sign in that is both steps in one, and a second factor beside the password.

An account with a passkey is entered by the password alone no more than one with an authenticator.
"""

from hashlib import sha256

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden, MatrixError, NotFound
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.storage import accounts, passkeys, second_factors
from homeserver.storage.database import Database
from homeserver.storage.known_sessions import KnownSessions
from homeserver.storage.passkeys import Passkey
from homeserver.storage.transaction import Transaction
from homeserver.users.account_changes import forget_proofs
from homeserver.users.challenges import Challenges
from homeserver.users.second_factors import hashes_of
from homeserver.users.webauthn import (
    ALGORITHMS,
    BadPasskey,
    Site,
    check_assertion,
    new_key,
    read_assertion,
    to_text,
)

__all__ = ["Passkey", "Passkeys"]

MOST = 20
"""Of one account."""
MAX_NAME = 60
TIMEOUT_MS = 120_000

log = logger(__name__)


class TooMany(MatrixError):
    def __init__(self) -> None:
        super().__init__(f"An account can have {MOST} passkeys.")


@frozen(eq=False)
class Passkeys:
    _db: Database
    _clock: Clock
    _known: KnownSessions
    _challenges: Challenges
    _site: Site

    async def of_user(self, user_id: str) -> list[Passkey]:
        return await self._db.glance(passkeys.of_user, user_id)

    # -- made

    async def creation_options(self, user_id: str, cookie: str, server_name: str) -> JsonObject:
        """What a page asks the browser for, with bytes as base64url."""
        known = await self.of_user(user_id)
        if len(known) >= MOST:
            raise TooMany()
        return {
            "challenge": to_text(await self._challenges.make(f"make {user_id} {cookie}")),
            "rp": {"id": self._site.rp_id, "name": server_name},
            "user": {"id": to_text(handle_of(user_id)), "name": user_id, "displayName": user_id},
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
            "excludeCredentials": listed(known),
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            "attestation": "none",
            "timeout": TIMEOUT_MS,
        }

    async def add(
        self, user_id: str, cookie: str, answer: str, name: str, codes: list[str]
    ) -> bool:
        """Whether it is the account's first second factor: then the recovery codes count, and
        whatever was given out before ends.
        """
        is_ours = await self._challenges.checker(f"make {user_id} {cookie}")
        made = new_key(self._site, answer, is_ours)
        now_ms = self._clock.now_ms()
        key = Passkey(made.id, user_id, made.public_key, made.counter, named(name), now_ms)
        return await self._db.write(self._add, key, codes)

    # -- shown

    async def request_options(self, user_id: str | None, cookie: str) -> JsonObject:
        """Any passkey of this site will do, or one of the user's."""
        known = await self.of_user(user_id) if user_id else []
        return {
            "challenge": to_text(await self._challenges.make(f"show {cookie}")),
            "rpId": self._site.rp_id,
            "allowCredentials": listed(known),
            "userVerification": "required",
            "timeout": TIMEOUT_MS,
        }

    async def check(self, cookie: str, answer: str, user_id: str | None = None) -> str:
        """Whose passkey was shown in this browser just now: the user's, if one is named."""
        assertion = read_assertion(answer)
        known = await self._db.glance(passkeys.find, assertion.id)
        if known is None or user_id not in (None, known.user_id):
            raise BadPasskey()
        if assertion.user_handle not in (b"", handle_of(known.user_id)):
            raise BadPasskey()
        is_ours = await self._challenges.checker(f"show {cookie}")
        check_assertion(self._site, assertion, known.public_key, is_ours)
        self._challenges.use(assertion.client_data.challenge)
        await self._db.write(self._count, known.id, assertion.data.counter)
        return known.user_id

    # -- looked after

    async def rename(self, user_id: str, id: bytes, name: str) -> None:
        """Raises NotFound."""
        if not await self._db.write(passkeys.rename, user_id, id, named(name)):
            raise NotFound("You have no such passkey.")

    async def remove(self, user_id: str, id: bytes) -> None:
        """With the last factor, the password alone opens the account again."""
        await self._db.write(self._remove, user_id, id)

    # -- inside

    def _add(self, txn: Transaction, key: Passkey, codes: list[str]) -> bool:
        is_first = not second_factors.is_on(txn, key.user_id)
        if len(passkeys.of_user(txn, key.user_id)) >= MOST:
            raise TooMany()
        if not passkeys.add(txn, key):
            raise Forbidden("This passkey belongs to an account already.")
        if is_first:
            second_factors.replace_codes(txn, key.user_id, hashes_of(codes))
            forget_proofs(txn, key.user_id)
            accounts.close_key_window(txn, key.user_id)
            # Application services are told that they speak for this user no more.
            txn.after_commit(lambda: self._known.forget(key.user_id))
        return is_first

    def _count(self, txn: Transaction, id: bytes, counter: int) -> None:
        """Web Authentication, section 7.2, step 22: whoever falls behind is a copy."""
        known = passkeys.find(txn, id)
        if known is None:
            raise BadPasskey()
        if (counter or known.counter) and counter <= known.counter:
            log.warning("a passkey of %s was copied: it is not accepted", known.user_id)
            raise BadPasskey("This passkey seems to have been copied. Use another way.")
        passkeys.use(txn, id, counter, self._clock.now_ms())

    def _remove(self, txn: Transaction, user_id: str, id: bytes) -> None:
        if not passkeys.remove(txn, user_id, id):
            raise NotFound("You have no such passkey.")
        second_factors.tidy(txn, user_id)


def handle_of(user_id: str) -> bytes:
    """What authenticators keep instead of the name: it says nothing to others."""
    return sha256(b"isthmus " + user_id.encode()).digest()


def named(name: str) -> str:
    shown = "".join(letter for letter in name if letter.isprintable()).strip()
    return shown[:MAX_NAME] or "Passkey"


def listed(known: list[Passkey]) -> list[JsonObject]:
    return [{"type": "public-key", "id": to_text(it.id)} for it in known]
