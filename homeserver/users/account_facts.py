"""What administrators ask of an account beyond its row: how busy it was, what apps keep for it."""

from attrs import frozen

from homeserver.json_values import JsonObject, decode
from homeserver.storage import account_data, member_events
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class AccountFacts:
    _db: Database

    async def invites_sent(self, user_id: str, since_ts: int) -> int:
        found = await self._db.read(member_events.by_sender, user_id, since_ts)
        return sum(it.event.membership == "invite" for it in found)

    async def rooms_joined(self, user_id: str, since_ts: int) -> int:
        """How many rooms, also those that were left again."""
        found = await self._db.read(member_events.of_target, user_id, since_ts)
        return len({it.event.room_id for it in found if it.event.membership == "join"})

    async def account_data(self, user_id: str) -> JsonObject:
        """All of it, by room and type."""
        return await self._db.read(all_data, user_id)


def all_data(txn: Transaction, user_id: str) -> JsonObject:
    everywhere: JsonObject = {}
    rooms: dict[str, JsonObject] = {}
    for it in account_data.all_of(txn, user_id):
        home = everywhere if not it.room_id else rooms.setdefault(it.room_id, {})
        home[it.type] = decode(it.content)
    return {"global": everywhere, "rooms": rooms}
