"""Where users want to be notified. Spec: "Push Notifications"; MSC3881, MSC4174.

A browser (web push) and a mailbox (e-mail) are told nothing until their owner has shown that what
is sent there arrives: by a token that is sent there, and comes back.
"""

from collections.abc import Collection
from enum import Enum
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

from attrs import evolve, frozen

from homeserver.changes import PusherAwaitsProof
from homeserver.clock import Clock
from homeserver.errors import MatrixError, MissingParam, NotFound, TooLarge
from homeserver.http.request import field
from homeserver.json_values import JsonObject
from homeserver.randomness import Random
from homeserver.storage import pusher_proofs, pushers
from homeserver.storage.database import Database
from homeserver.storage.pusher_proofs import Proof
from homeserver.storage.pushers import Pusher
from homeserver.storage.transaction import Transaction
from homeserver.users.pusher_kinds import EMAIL, ENABLED, HTTP, WEB_PUSH, read_key, read_pusher
from homeserver.users.rate_limits import MAIL_QUESTION, Limits

MAX_PUSHERS = 100
PROOF_MS = {EMAIL: 24 * 3600 * 1000}
"""How long a token may take to come back, for each kind; else MSC4174's five minutes."""
DEFAULT_PROOF_MS = 300_000
ASKED_AGAIN_AFTER_MS = 300_000
"""Nobody's mailbox is filled with questions by setting a pusher again and again."""


class Setting(Enum):
    DONE = "done"
    AWAITS_PROOF = "awaits proof"


@frozen
class Pushers:
    """`_kinds` are those that this server serves."""

    _db: Database
    _clock: Clock
    _random: Random
    _kinds: Collection[str]
    _limits: Limits

    async def of_user(self, user_id: str) -> list[JsonObject]:
        return [shown(pusher) for pusher in await self._db.glance(pushers.of_user, user_id)]

    async def set_pusher(self, user_id: str, device_id: str, body: JsonObject) -> Setting:
        """Add, change or (`kind` is null) remove one."""
        if "kind" not in body:
            raise MissingParam("'kind' is missing.")
        app_id, pushkey = read_key(body)
        if body["kind"] is None:
            await self._db.write(pushers.delete, user_id, app_id, pushkey)
            return Setting.DONE
        append = field(body, "append", bool, False)
        enabled = field(body, ENABLED, bool, True)
        content = read_pusher(body, self._kinds)
        now_ms = self._clock.now_ms()
        wish = Pusher(0, user_id, device_id, enabled, content["kind"] == HTTP, now_ms, 0, content)
        if wish.kind == EMAIL:
            await self._count_question(wish)
        return await self._db.write(self._set, wish, append)

    async def _count_question(self, wish: Pusher) -> None:
        """Nobody lets us write to strangers at will; raises LimitExceeded."""
        key = wish.user_id, wish.app_id, wish.pushkey
        known = await self._db.glance(pushers.find_by_key, *key)
        if known is None or not known.is_activated:
            self._limits.take(MAIL_QUESTION, wish.user_id)

    async def activate(self, user_id: str, app_id: str, token: str) -> None:
        """What was sent to a browser has come back: MSC4174."""
        await self._db.write(self._activate, user_id, app_id, token)

    def _set(self, txn: Transaction, wish: Pusher, append: bool) -> Setting:
        if not append and wish.kind != EMAIL:
            pushers.delete_of_others(txn, wish.user_id, wish.app_id, wish.pushkey)
        known = pushers.find_by_key(txn, wish.user_id, wish.app_id, wish.pushkey)
        if known is None:
            kept = pushers.add(txn, wish)
            if len(pushers.of_user(txn, wish.user_id)) > MAX_PUSHERS:
                raise TooLarge(f"A user may have {MAX_PUSHERS} pushers.")
        else:
            activated = wish.is_activated or (known.is_activated and is_same_place(known, wish))
            kept = evolve(wish, id=known.id, is_activated=activated)
            pushers.change(txn, kept)
        if kept.is_activated:
            return Setting.DONE
        self._ask(txn, kept, known)
        return Setting.AWAITS_PROOF if kept.kind in WEB_PUSH else Setting.DONE

    def _ask(self, txn: Transaction, pusher: Pusher, before: Pusher | None) -> None:
        is_mail = pusher.kind == EMAIL
        if is_mail and before and pusher.set_ts - before.set_ts < ASKED_AGAIN_AFTER_MS:
            return
        token = str(UUID(bytes=self._random(16), version=4))
        expires_ts = pusher.set_ts + PROOF_MS.get(pusher.kind, DEFAULT_PROOF_MS)
        pusher_proofs.save(txn, pusher.id, Proof(hashed(token), expires_ts))
        txn.announce(PusherAwaitsProof(txn.next_position(), pusher.user_id, pusher.id, token))

    def _activate(self, txn: Transaction, user_id: str, app_id: str, token: str) -> None:
        mine = [it for it in pushers.of_app(txn, user_id, app_id) if it.kind in WEB_PUSH]
        if not mine:
            raise NotFound("You have no web push pusher of this app.")
        for pusher in mine:
            proof = pusher_proofs.find(txn, pusher.id)
            if proof is None or not compare_digest(proof.hash, hashed(token)):
                continue
            if proof.expires_ts <= self._clock.now_ms():
                raise MatrixError(
                    "This token has expired. Set the pusher again.",
                    errcode="M_EXPIRED_ACTIVATION_TOKEN",
                    status=410,
                )
            activate(txn, pusher)
            return
        raise MatrixError(
            "This is not the token that was sent.", errcode="M_UNKNOWN_ACTIVATION_TOKEN"
        )


def activate(txn: Transaction, pusher: Pusher) -> None:
    pusher_proofs.delete(txn, pusher.id)
    pushers.change(txn, evolve(pusher, is_activated=True))


def is_same_place(one: Pusher, other: Pusher) -> bool:
    """Whether both lead to the same browser or mailbox; their push keys are equal."""
    return one.kind == other.kind and all(
        one.data.get(key) == other.data.get(key) for key in ("url", "auth")
    )


def shown(pusher: Pusher) -> JsonObject:
    """As its owner sees it."""
    found: JsonObject = {
        **pusher.content,
        ENABLED: pusher.is_enabled,
        "org.matrix.msc3881.device_id": pusher.device_id,
    }
    if pusher.kind != HTTP:
        # The proposal puts it into `data`; clients of today look for it beside that.
        found["activated"] = pusher.is_activated
        found["data"] = {**pusher.data, "activated": pusher.is_activated}
    return found


def hashed(token: str) -> bytes:
    return sha256(token.encode()).digest()
