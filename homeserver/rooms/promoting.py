"""Administrators give a user of ours the most power that one of ours has in a room."""

from math import inf
from typing import cast

from attrs import frozen

from homeserver.errors import InvalidParam, MatrixError
from homeserver.events.building import Draft
from homeserver.rooms import timeline
from homeserver.rooms.aliases import Aliases
from homeserver.rooms.inspecting import known_head
from homeserver.rooms.member_events import MemberEvents
from homeserver.rooms.state_view import StateView
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

POWER_LEVELS = "m.room.power_levels"
OF_CREATORS = 100
"""What creators with endless power can give to others, at least."""


@frozen(eq=False)
class Promoting:
    _db: Database
    _members: MemberEvents
    _aliases: Aliases

    async def promote(self, room: str, user_id: str) -> None:
        """The user is invited, if that is the only way in."""
        if not self._members.is_ours(user_id):
            raise InvalidParam("Only users of this server can be made administrators of a room.")
        if room.startswith("#"):
            room = (await self._aliases.resolve(room)).room_id
        await self._db.write(self._promote, room, user_id)

    def _promote(self, txn: Transaction, room_id: str, user_id: str) -> None:
        head = known_head(txn, room_id)
        levels = StateView(txn, head).power_levels()
        ours = [it for it in head.joined() if self._members.is_ours(it)]
        giver = max(ours, key=levels.user, default=None)
        needed = levels.to_send(POWER_LEVELS, is_state=True)
        if giver is None or levels.user(giver) < needed:
            raise MatrixError("Nobody of this server has the power to do this in the room.")
        power = levels.user(giver)
        if levels.user(user_id) < power:
            given = max(OF_CREATORS, needed) if power == inf else cast(int, power)
            head = self._give(txn, head, giver, user_id, given)
        if head.members.get(user_id) not in ("join", "invite"):
            self._invite(txn, head, giver, user_id)

    def _give(self, txn: Transaction, head: Head, giver: str, user_id: str, power: int) -> Head:
        current = head.event(txn, POWER_LEVELS)
        content = dict(current.event.content) if current else {}
        content["users"] = {**content.get("users", {}), user_id: power}
        if current is None and giver != user_id:
            content["users"].setdefault(giver, power)
        draft = Draft(POWER_LEVELS, content, "")
        return timeline.append(txn, head, self._members.author.write(txn, head, giver, draft))

    def _invite(self, txn: Transaction, head: Head, giver: str, user_id: str) -> None:
        rules = head.event(txn, "m.room.join_rules")
        rule = rules.event.content.get("join_rule") if rules else "invite"
        if rule != "public":
            self._members.append(txn, head, giver, user_id, {"membership": "invite"})
