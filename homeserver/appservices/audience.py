"""Who gets what there is beside events.

Spec: Application Service API, "Pushing ephemeral data"; MSC4203 (messages to devices), MSC3202
(lists of devices).
"""

from attrs import define, field

from homeserver.appservices.interest import NOBODY, Ids, Interest
from homeserver.storage import accounts, appservices, heads, memberships
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppService, AppServices

ENCRYPTION = ("m.room.encryption", "")
MAX_MEMBERS = 1_000
"""Of a room that a service's user enters: whoever is in larger ones is asked for when needed."""


@define(eq=False)
class Audience:
    _services: AppServices
    _interest: Interest
    ephemeral: Ids = field(init=False)
    encrypted: Ids = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._services.changed.append(self._begin_anew)
        self._begin_anew()

    def _begin_anew(self) -> None:
        told = [service for service in self._services.all if service.url is not None]
        self.ephemeral = frozenset(it.id for it in told if it.receives_ephemeral)
        self.encrypted = frozenset(it.id for it in told if it.receives_device_changes)

    def of_room(self, txn: Transaction, room_id: str) -> Ids:
        """Who hears of what passes in a room."""
        head = heads.load(txn, room_id)
        return NOBODY if head is None else self._interest.in_room(txn, head) & self.ephemeral

    def of_receipt(self, txn: Transaction, room_id: str, user_id: str, private: bool) -> Ids:
        found = self.of_room(txn, room_id)
        return found & self._interest.of_user(user_id) if private else found

    def of_presence(self, txn: Transaction, user_id: str) -> Ids:
        if not self.ephemeral:
            return NOBODY
        return self._interest.around_user(txn, user_id, self.ephemeral)

    def of_message(self, txn: Transaction, user_id: str, device_id: str) -> Ids:
        """Who gets it in a transaction, instead of the device by /sync.

        A service only speaks for people whose account it did not make: their devices are theirs.
        """
        ids = self._interest.of_user(user_id) & (self.ephemeral | self.encrypted)
        if not ids:
            return NOBODY
        account = accounts.find(txn, user_id)
        return frozenset(
            id
            for id in ids
            if (service := self._services.find(id)) is not None
            and (service.reserves_user(user_id) or (account and account.appservice == id))
            and self._is_pushed_to(txn, service, user_id, device_id)
        )

    def _is_pushed_to(
        self, txn: Transaction, service: AppService, user_id: str, device_id: str
    ) -> bool:
        if service.receives_device_changes:
            return True
        if (user_id, device_id) in self._services.syncing:
            return False
        return not appservices.has_session(txn, user_id, device_id)

    def of_device_list(self, txn: Transaction, user_id: str) -> Ids:
        """Whose users are in an encrypted room with the user."""
        found = NOBODY
        for room_id, membership in memberships.of_user(txn, user_id).items():
            if found == self.encrypted:
                break
            if membership.membership == "join" and (head := heads.load(txn, room_id)) is not None:
                found |= self.of_encrypted_room(head)
        return found

    def of_encrypted_room(self, head: Head) -> Ids:
        if not self.encrypted or ENCRYPTION not in head.state:
            return NOBODY
        return self._interest.of_members(head) & self.encrypted
