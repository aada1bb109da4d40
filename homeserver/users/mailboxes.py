"""Mailboxes that are told what was missed: their owners say yes first, and stop it at any time."""

from hmac import compare_digest

from attrs import frozen

from homeserver.clock import Clock
from homeserver.storage import pusher_proofs, pushers
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.pusher_kinds import EMAIL
from homeserver.users.pushers import activate, hashed
from homeserver.users.signed_links import SignedLinks

UNSUBSCRIBE = "unsubscribe"
CONFIRM_PATH = "/_isthmus/mail/confirm"
UNSUBSCRIBE_PATH = "/_isthmus/mail/unsubscribe"


@frozen(eq=False)
class Mailboxes:
    _db: Database
    _clock: Clock
    _links: SignedLinks
    _baseurl: str

    async def unsubscribe_url(self, pusher: int) -> str:
        token = await self._links.token(UNSUBSCRIBE, str(pusher))
        return f"{self._baseurl}{UNSUBSCRIBE_PATH}?token={token}"

    def confirm_url(self, pusher: int, proof: str) -> str:
        return f"{self._baseurl}{CONFIRM_PATH}?token={pusher}.{proof}"

    async def is_unsubscribing(self, token: str) -> bool:
        """Whether this is a token of ours; it stays one when it has been used."""
        return await self._links.read(UNSUBSCRIBE, token) is not None

    async def unsubscribe(self, token: str) -> bool:
        """Send this mailbox nothing more; whether the token is one of ours."""
        subject = await self._links.read(UNSUBSCRIBE, token)
        if subject is None or not subject.isdecimal():
            return False
        await self._db.write(pushers.delete_by_id, int(subject))
        return True

    async def confirm(self, token: str) -> bool:
        """The owner of the mailbox wants to be told; whether the token is good."""
        pusher, _, proof = token.partition(".")
        if not (pusher.isascii() and pusher.isdecimal() and len(pusher) < 19):
            return False
        return await self._db.write(self._confirm, int(pusher), proof)

    def _confirm(self, txn: Transaction, id: int, token: str) -> bool:
        pusher, proof = pushers.find(txn, id), pusher_proofs.find(txn, id)
        if pusher is None or proof is None or pusher.kind != EMAIL:
            return False
        if proof.expires_ts <= self._clock.now_ms():
            return False
        if not compare_digest(proof.hash, hashed(token)):
            return False
        activate(txn, pusher)
        return True
