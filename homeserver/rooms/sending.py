"""Events that our own users send."""

from attrs import frozen

from homeserver.errors import Forbidden
from homeserver.events.building import Draft
from homeserver.http.requester import Requester
from homeserver.rooms import timeline
from homeserver.rooms.access import NOT_IN_ROOM, refuse_suspended
from homeserver.rooms.author import Author
from homeserver.rooms.redaction_checks import check_redaction
from homeserver.rooms.relation_checks import check_relation
from homeserver.rooms.state_checks import Names, StateChecks, known_aliases, names_room
from homeserver.rooms.timeline import SentBy
from homeserver.storage import events, names
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Sending:
    """`origin_server_ts` may be given only for application services ("Timestamp massaging")."""

    _db: Database
    _author: Author
    _checks: StateChecks

    async def send(
        self,
        requester: Requester,
        room_id: str,
        draft: Draft,
        txn_id: str | None = None,
        origin_server_ts: int | None = None,
    ) -> str:
        """Add an event to a room; a retry of a request gets the event of the first try."""
        if requester.is_shadow_banned:
            return self._author.name_of_nothing()
        if self.invites_elsewhere(draft):
            refuse_suspended(requester)
            await self._checks.invite_elsewhere(requester.user_id, room_id, draft)
            return await self._db.glance(_event_id_at, room_id, draft)
        if draft.type == "m.room.member" and draft.content.get("membership") == "invite":
            await self._checks.prepare_invite(requester, draft.state_key or "")
        elsewhere = await self._aliases_elsewhere(room_id, draft)
        return await self._db.write(
            self.add, requester, room_id, draft, txn_id, origin_server_ts, elsewhere
        )

    async def _aliases_elsewhere(self, room_id: str, draft: Draft) -> Names:
        if not names_room(draft):
            return frozenset()
        known = await self._db.glance(_known_aliases, room_id)
        return await self._checks.aliases_elsewhere(room_id, draft, known)

    def invites_elsewhere(self, draft: Draft) -> bool:
        """Whether it takes another server to send this, so that `add` alone cannot."""
        return self._checks.invites_elsewhere(draft)

    def add(
        self,
        txn: Transaction,
        requester: Requester,
        room_id: str,
        draft: Draft,
        txn_id: str | None,
        origin_server_ts: int | None,
        elsewhere: Names = frozenset(),
    ) -> str:
        """`send`, for who has a transaction already.

        `elsewhere` are aliases of other servers that lead to the room.
        """
        if requester.is_shadow_banned:
            return self._author.name_of_nothing()
        head = timeline.head(txn, room_id)
        if head is None:
            raise Forbidden(NOT_IN_ROOM)
        if requester.is_suspended and not may_while_suspended(txn, requester, draft):
            refuse_suspended(requester)
        sent_by = SentBy(names.intern(txn, requester.device_name), txn_id)
        if txn_id is not None and (sent := self._sent_before(txn, head, sent_by, draft)):
            return sent
        if draft.state_key is not None:
            draft = self._checks.check_state(txn, head, requester.user_id, draft, elsewhere)
            if same := unchanged(txn, head, draft, requester.user_id):
                return same
        check_relation(txn, head, requester.user_id, draft)
        check_redaction(txn, head, requester.user_id, draft)
        event = self._author.write(txn, head, requester.user_id, draft, origin_server_ts)
        timeline.append(txn, head, event, sent_by)
        return event.event_id

    def _sent_before(
        self, txn: Transaction, head: Head, sent_by: SentBy, draft: Draft
    ) -> str | None:
        type = names.find(txn, draft.type)
        if type is None or sent_by.txn_id is None:
            return None
        return events.find_sent(txn, sent_by.device, sent_by.txn_id, head.room, type)


def _known_aliases(txn: Transaction, room_id: str) -> Names:
    return known_aliases(txn, timeline.head(txn, room_id))


def _event_id_at(txn: Transaction, room_id: str, draft: Draft) -> str:
    head = timeline.head(txn, room_id)
    current = head.event(txn, draft.type, draft.state_key or "") if head else None
    if current is None:
        raise Forbidden(NOT_IN_ROOM)
    return current.event.event_id


def may_while_suspended(txn: Transaction, requester: Requester, draft: Draft) -> bool:
    """Spec: "Account suspension": to redact one's own events, and to leave."""
    if draft.redacts is not None:
        target = events.find(txn, draft.redacts)
        return target is not None and target.event.sender == requester.user_id
    return (
        draft.type == "m.room.member"
        and draft.state_key == requester.user_id
        and draft.content.get("membership") == "leave"
    )


def unchanged(txn: Transaction, head: Head, draft: Draft, sender: str) -> str | None:
    """The state event that already says what the draft would say, if the same user sent it."""
    current = head.event(txn, draft.type, draft.state_key or "")
    if current is None or current.event.sender != sender or current.redaction is not None:
        return None
    return current.event.event_id if current.event.content == draft.content else None
