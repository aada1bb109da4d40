"""Users of ours who are put out of rooms that this server is not in: their invite was taken back,
or their knock refused.

The room is not here, so such an event cannot be authorised. It must be genuine, and rest upon the
invite or knock that it ends: the id of that is known only in the room.
"""

from collections.abc import Sequence

from attrs import frozen

from homeserver.events.event import Event
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonValue
from homeserver.rooms.incoming.checks import Checks, ids_of
from homeserver.rooms.out_of_band import is_out_of_band, note_membership
from homeserver.rooms.server_access import UNKNOWN_ROOM
from homeserver.storage import events, heads, memberships
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class PutOut:
    _server_name: str
    _db: Database
    _checks: Checks

    async def take(self, origin: str, room_id: str, pdus: Sequence[JsonValue]) -> dict[str, str]:
        """By id, why the events were refused, or empty."""
        version = await self._db.glance(_version_of, room_id)
        if version is None:
            return {}
        mine = [pdu for pdu in pdus if self._concerns_us(pdu)]
        checked = await self._checks.check(mine, version, room_id, origin)
        problems = {**dict.fromkeys(ids_of(pdus, version), UNKNOWN_ROOM), **checked.refused}
        for event in checked.events.values():
            if await self._db.write(self._note, event):
                problems[event.event_id] = ""
        return problems

    def _concerns_us(self, pdu: JsonValue) -> bool:
        return (
            isinstance(pdu, dict)
            and pdu.get("type") == "m.room.member"
            and str(pdu.get("state_key")).endswith(":" + self._server_name)
        )

    def _note(self, txn: Transaction, event: Event) -> bool:
        user_id = event.state_key or ""
        mine = memberships.of_user(txn, user_id).get(event.room_id)
        if mine is None or event.membership not in ("leave", "ban"):
            return False
        if not is_out_of_band(txn, user_id, event.room_id, self._server_name):
            return False
        if events.at(txn, mine.position).event.event_id not in event.auth_events:
            return False
        note_membership(txn, event)
        return True


def _version_of(txn: Transaction, room_id: str) -> RoomVersion | None:
    return heads.version_of(txn, room_id)
