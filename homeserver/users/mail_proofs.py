"""Somebody shows that an address is theirs: by a link in a letter, which works once.

Whoever asks learns nothing about accounts: the answer is the same, and comes at once, whether the
address is known or not. The difference is in the letter.
"""

import re
from hmac import compare_digest

from attrs import evolve, frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import Forbidden, InvalidParam
from homeserver.peers.mail import Letter
from homeserver.randomness import Random
from homeserver.storage import mail_addresses, mail_proofs
from homeserver.storage.database import Database
from homeserver.storage.mail_proofs import MailProof
from homeserver.storage.transaction import Transaction
from homeserver.users.account_letters import AccountLetters
from homeserver.users.appservices import token_hash
from homeserver.users.mail_addresses import canonical
from homeserver.users.postman import Postman
from homeserver.users.rate_limits import MAIL_ADDRESS, Limits

ADD, REGISTER, RESET = "add", "register", "reset"
LIFETIME_MS = {ADD: 24 * 3600_000, REGISTER: 24 * 3600_000, RESET: 3600_000}
MAX_ATTEMPT = 2**31 - 1
MAX_LINK = 2000

_SECRET = re.compile(r"[0-9a-zA-Z.=_-]{1,255}")


@frozen(kw_only=True)
class Question:
    """What is to be shown, and who wants to know.

    `secret` and `next_link` come from apps, which are told an id and wait until the link was
    followed. Our own pages go on where the link leads. `user_id` is who wants the address (ADD).
    """

    purpose: str
    address: str
    language: str
    user_id: str = ""
    secret: str | None = None
    attempt: int = 1
    next_link: str = ""


class NotProved(Forbidden):
    errcode = "M_THREEPID_AUTH_FAILED"

    def __init__(self) -> None:
        super().__init__("The link in the letter has not been followed yet, or is too old.")


@frozen
class Places:
    """Where links lead: by purpose, and for apps."""

    add: str
    register: str
    reset: str
    for_apps: str


@frozen(eq=False)
class Writing:
    """The way of a letter."""

    letters: AccountLetters
    postman: Postman
    limits: Limits
    places: Places
    account_url: str


@frozen(eq=False)
class MailProofs:
    _db: Database
    _clock: Clock
    _random: Random
    _writing: Writing

    async def ask(self, question: Question) -> str:
        """Write to the address; the id of the proof. Raises InvalidParam or LimitExceeded."""
        question = checked(question)
        self._writing.limits.take(MAIL_ADDRESS, question.address)
        id, token = randomness.token(self._random, 24), randomness.token(self._random, 40)
        return await self._db.write(self._ask, question, id, token)

    async def find(self, token: str, purpose: str = "") -> MailProof | None:
        """What a link stands for that was not followed yet, perhaps only for this purpose."""
        proof = await self._db.glance(mail_proofs.of_token, token_hash(token), self.now_ms())
        return proof if proof and purpose in ("", proof.purpose) else None

    async def follow(self, token: str) -> MailProof | None:
        """An app may go on, since the link was followed. It works once."""
        spent = randomness.token(self._random, 40)
        return await self._db.write(self._follow, token_hash(token), token_hash(spent))

    async def of_app(self, id: str, secret: str) -> MailProof:
        """Use up what an app has waited for; raises NotProved."""
        return await self._db.write(self._of_app, id, token_hash(secret))

    def take(self, txn: Transaction, token: str, purpose: str) -> MailProof:
        """Use up a link of our own pages; raises NotProved."""
        proof = mail_proofs.of_token(txn, token_hash(token), self.now_ms())
        if proof is None or proof.purpose != purpose or proof.secret:
            raise NotProved()
        mail_proofs.remove(txn, proof.id)
        return proof

    # -- inside

    def _ask(self, txn: Transaction, question: Question, id: str, token: str) -> str:
        now_ms, secret = self.now_ms(), token_hash(question.secret) if question.secret else b""
        purpose, address = question.purpose, question.address
        if secret:
            before = mail_proofs.asked_before(txn, purpose, address, secret, now_ms)
            if before is not None and before.attempt >= question.attempt:
                return before.id
        owner = mail_addresses.find(txn, address)
        user_id = question.user_id
        if purpose == RESET:
            user_id = owner.user_id if owner else ""
        if not secret:
            # The newest letter counts.
            mail_proofs.delete_of_address(txn, purpose, address)
        is_good = (owner is not None) == (purpose == RESET)
        proof = MailProof(
            id=id,
            purpose=purpose,
            address=address,
            user_id=user_id,
            secret=secret,
            attempt=question.attempt,
            next_link=question.next_link,
            # Where the answer is no, nobody gets the link.
            token=token_hash(token if is_good else id + token),
            expires_ts=now_ms + LIFETIME_MS[purpose],
        )
        mail_proofs.add(txn, proof, now_ms)
        letter = self._letter(question, owner.user_id if owner else "", token)
        # Not later than its link is good.
        self._writing.postman.hand_in(txn, letter, user_id, proof.expires_ts)
        return id

    def _letter(self, question: Question, owner: str, token: str) -> Letter:
        """What the owner of the address is to know."""
        places, kind = self._writing.places, question.purpose
        link = f"{getattr(places, kind)}?proof={token}"
        if question.secret and kind != RESET:
            kind = "prove"
        if question.secret:
            link = f"{places.for_apps}?proof={token}"
        if question.purpose == RESET and not owner:
            kind, link = "unknown", ""
        elif question.purpose == REGISTER and owner:
            kind, link = "taken", self._writing.account_url
        elif question.purpose == ADD and owner:
            kind, link = "in_use", self._writing.account_url
        user_id = owner or question.user_id
        return self._writing.letters.written(
            kind, question.language, question.address, link, user_id=user_id
        )

    def _follow(self, txn: Transaction, hash: bytes, spent: bytes) -> MailProof | None:
        proof = mail_proofs.of_token(txn, hash, self.now_ms())
        if proof is None or not proof.secret:
            return None
        mail_proofs.validated(txn, proof.id, spent, self.now_ms())
        return proof

    def _of_app(self, txn: Transaction, id: str, secret: bytes) -> MailProof:
        proof = mail_proofs.find(txn, id[:100], self.now_ms()) if "\0" not in id else None
        if proof is None or proof.validated_ts is None or not compare_digest(proof.secret, secret):
            raise NotProved()
        mail_proofs.remove(txn, proof.id)
        return proof

    def now_ms(self) -> int:
        return self._clock.now_ms()


def checked(question: Question) -> Question:
    """With the address as it is kept; raises InvalidParam."""
    if question.secret is not None and not _SECRET.fullmatch(question.secret):
        raise InvalidParam("'client_secret' has 1 to 255 letters, digits and the signs . = _ -")
    if not 0 <= question.attempt <= MAX_ATTEMPT:
        raise InvalidParam("'send_attempt' is out of range.")
    link = question.next_link
    if len(link) > MAX_LINK or not link.isprintable():
        raise InvalidParam("'next_link' is no link.")
    return evolve(
        question,
        address=canonical(question.address),
        next_link=link if link.startswith(("https://", "http://", "/_isthmus/")) else "",
    )
