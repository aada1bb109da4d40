"""What the server says to its users, in a room with each. Spec: "Server Notices"."""

from attrs import frozen

from homeserver.config.rooms import ServerNotices as Settings
from homeserver.errors import Forbidden, InvalidParam, NotFound
from homeserver.events.building import Draft
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.http.requester import Requester
from homeserver.rooms import timeline
from homeserver.rooms.creation import NewRoom, initial_state
from homeserver.rooms.leaving import NOTICE_TAG
from homeserver.rooms.opening import Opening
from homeserver.rooms.sending import Sending
from homeserver.rooms.timeline import IN_ROOM
from homeserver.storage import account_data, accounts, server_notices
from homeserver.storage.account_data import TAGS
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

VERSION = ROOM_VERSIONS["12"]
READERS_ONLY = -10
"""Power of the users, who only read."""


@frozen(eq=False)
class ServerNotices:
    """`sender` is the user who speaks for the server."""

    _db: Database
    _opening: Opening
    _sending: Sending
    _settings: Settings
    sender: str

    async def send(
        self, by: Requester, user_id: str, draft: Draft, txn_id: str | None = None
    ) -> str:
        """The id of the event; the user is invited to the room if need be."""
        if not by.is_admin:
            raise Forbidden("Only administrators of this server can do this.")
        if self._settings.localpart is None:
            raise InvalidParam("Server notices are off: set `rooms.server_notices.localpart`.")
        return await self._db.write(self._send, user_id, draft, txn_id)

    async def tell(self, user_id: str, draft: Draft) -> None:
        """What the server says by itself; nothing where nobody speaks for it."""
        if self._settings.localpart is not None:
            await self._db.write(self._send, user_id, draft, None)

    def _send(self, txn: Transaction, user_id: str, draft: Draft, txn_id: str | None) -> str:
        account = accounts.find(txn, user_id)
        if account is None or account.is_deactivated or user_id == self.sender:
            raise NotFound("There is no such user here.")
        room_id = server_notices.room_of(txn, user_id)
        head = timeline.head(txn, room_id) if room_id else self._make_room(txn, user_id)
        if head is None:
            raise NotFound("The room of the server's notices to this user is gone.")
        if head.members.get(user_id) not in IN_ROOM:
            members, invite = self._opening.members, {"membership": "invite"}
            head = members.append(txn, head, self.sender, user_id, invite)
        requester = Requester(self.sender, "notices")
        return self._sending.add(txn, requester, head.room_id, draft, txn_id, None)

    def _make_room(self, txn: Transaction, user_id: str) -> Head:
        wish = NewRoom(
            version=VERSION,
            preset="private_chat",
            name=self._settings.room_name,
            creation_content={},
            power_level_override={"users_default": READERS_ONLY},
        )
        head = self._opening.open(txn, wish.version, self.sender, {"m.federate": False})
        for draft in initial_state(wish, self.sender, "none"):
            head = self._opening.set(txn, head, self.sender, draft)
        server_notices.save(txn, user_id, head.room_id)
        tags = account_data.find(txn, user_id, head.room_id, TAGS) or {}
        tagged = {**tags.get("tags", {}), NOTICE_TAG: {"order": 1.0}}
        account_data.save(txn, user_id, head.room_id, TAGS, {"tags": tagged})
        return head
