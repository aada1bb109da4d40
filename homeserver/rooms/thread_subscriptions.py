"""Which threads people follow: MSC4306; what they missed of that: MSC4308."""

from attrs import frozen

from homeserver.errors import InvalidParam, MatrixError, NotFound
from homeserver.events.push_rules.defaults import THREAD_RULES
from homeserver.events.push_rules.rules import Kind
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.reading import find_visible
from homeserver.rooms.tokens import write_token
from homeserver.storage import events, heads, push_rules, thread_subscriptions
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.relations import relation_of
from homeserver.storage.thread_roots import THREAD
from homeserver.storage.thread_subscriptions import Changed, Subscription
from homeserver.storage.transaction import Transaction

MAX_SUBSCRIPTIONS = 20_000
"""Of one user, those let go included."""
NO_THREAD = "There is no such thread, or you may not see it."


class NotInThread(MatrixError):
    errcode = "IO.ELEMENT.MSC4306.M_NOT_IN_THREAD"


class ConflictingUnsubscription(MatrixError):
    status = 409
    errcode = "IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION"


@frozen(eq=False)
class ThreadSubscriptions:
    _db: Database

    async def find(self, requester: Requester, room_id: str, root: str) -> bool:
        """Whether the subscription was made automatically; raises NotFound."""
        return await self._db.read(_find, requester.user_id, room_id, root)

    async def subscribe(
        self, requester: Requester, room_id: str, root: str, because: str | None
    ) -> None:
        """`because` of an event that mentions the user a client subscribes automatically."""
        await self._db.write(_subscribe, requester.user_id, room_id, root, because)

    async def unsubscribe(self, requester: Requester, room_id: str, root: str) -> None:
        await self._db.write(_unsubscribe, requester.user_id, room_id, root)

    async def page(self, user_id: str, after: int, upto: int | None, limit: int) -> JsonObject:
        """What changed between two places of the number line, newest first; and where it ends."""
        upto = self._db.position if upto is None else upto
        found = await self._db.read(thread_subscriptions.between, user_id, after, upto, limit + 1)
        nothing: JsonObject = {"subscribed": {}, "unsubscribed": {}}
        answer = nothing | sorted_out(found[:limit])
        if len(found) > limit:
            answer["end"] = write_token(found[limit].position)
        return answer


def sorted_out(found: list[Changed]) -> JsonObject:
    """As clients read changes: by what they are, by room, by thread."""
    answer: JsonObject = {}
    for it in found:
        if it.is_subscribed:
            told = {"automatic": it.automatic, "bump_stamp": it.position}
        else:
            told = {"bump_stamp": it.position}
        kind = "subscribed" if it.is_subscribed else "unsubscribed"
        answer.setdefault(kind, {}).setdefault(it.room_id, {})[it.root] = told
    return answer


def _find(txn: Transaction, user_id: str, room_id: str, root: str) -> bool:
    head = _open(txn, user_id, room_id, root)
    found = thread_subscriptions.find(txn, user_id, head.room, root)
    if found is None or not found.is_subscribed:
        raise NotFound("You have not subscribed to this thread.")
    return found.automatic


def _subscribe(
    txn: Transaction, user_id: str, room_id: str, root: str, because: str | None
) -> None:
    head = _open(txn, user_id, room_id, root)
    known = thread_subscriptions.find(txn, user_id, head.room, root)
    before = known or Subscription(False, False, 0)
    if because is not None:
        _check_cause(txn, head, root, because, before)
    automatic = because is not None and (before.automatic or not before.is_subscribed)
    after = Subscription(True, automatic, before.unsubscribed_at)
    if after != known:
        _save(txn, user_id, room_id, root, after, is_new=known is None)


def _unsubscribe(txn: Transaction, user_id: str, room_id: str, root: str) -> None:
    head = _open(txn, user_id, room_id, root)
    known = thread_subscriptions.find(txn, user_id, head.room, root)
    if known is None or known.is_subscribed:
        after = Subscription(False, False, head.newest)
        _save(txn, user_id, room_id, root, after, is_new=known is None)


def _save(
    txn: Transaction,
    user_id: str,
    room_id: str,
    root: str,
    subscription: Subscription,
    *,
    is_new: bool,
) -> None:
    if is_new:
        count = thread_subscriptions.count(txn, user_id)
        if count >= MAX_SUBSCRIPTIONS:
            raise InvalidParam(f"You can keep {MAX_SUBSCRIPTIONS} threads in mind, and no more.")
        if count == 0:
            _enable_rules(txn, user_id)
    thread_subscriptions.save(txn, user_id, room_id, root, subscription)


def _enable_rules(txn: Transaction, user_id: str) -> None:
    """From the first subscription on, threads notify those who follow them, and nobody else."""
    rules = push_rules.of(txn, user_id).rule_set
    after = rules
    for rule_id in THREAD_RULES:
        after = after.set_enabled(Kind.POSTCONTENT.value, rule_id, {"enabled": True})
    if after != rules:
        push_rules.save(txn, user_id, after)


def _check_cause(
    txn: Transaction, head: Head, root: str, because: str, before: Subscription
) -> None:
    """The event must be one of the thread, and newer than the user's wish not to follow it."""
    stored = events.find(txn, because)
    relation = relation_of(stored.event) if stored else None
    if (
        stored is None
        or relation is None
        or stored.event.room_id != head.room_id
        or (relation.rel_type, relation.relates_to) != (THREAD, root)
    ):
        raise NotInThread("The event that `automatic` names is not in this thread.")
    if not before.is_subscribed and stored.order <= before.unsubscribed_at:
        raise ConflictingUnsubscription("You have unsubscribed from this thread since that event.")


def _open(txn: Transaction, user_id: str, room_id: str, root: str) -> Head:
    """The room, if the user is in it and may see the thread's root; raises NotFound."""
    head = heads.load(txn, room_id)
    if head is None or not head.is_joined(user_id):
        raise NotFound(NO_THREAD)
    find_visible(txn, head, user_id, root)
    return head
