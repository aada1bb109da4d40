"""What changed about a chat and its people, as state of its room."""

from typing import Any

from attrs import frozen

from bridges.kit.happenings import CallNoticed, ChatChange, ChatGone, MemberChange, Notice
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.portals.voices import MESSAGE, Event, Voices
from bridges.storage.places import Portal

JsonObject = dict[str, Any]
Changed = ChatChange | MemberChange | Notice | CallNoticed | ChatGone


@frozen
class Changes:
    _ground: Ground
    _ghosts: Ghosts
    _voices: Voices

    async def deliver(self, portal: Portal, transaction: str, change: Changed) -> None:
        match change:
            case ChatChange():
                await self._chat(portal, change)
            case MemberChange():
                await self._member(portal, change)
            case Notice(text=text):
                await self._voices.note(portal, text, transaction)
            case CallNoticed():
                kind = "video call" if change.is_video else "call"
                content = {"msgtype": "m.notice", "body": f"{kind}: {change.state}"}
                event = Event(MESSAGE, content, transaction)
                await self._voices.say(portal, change.sender, event)
            case ChatGone(reason=reason):
                text = f"This chat is gone. {reason}".rstrip()
                await self._voices.note(portal, text, transaction)

    async def _chat(self, portal: Portal, change: ChatChange) -> None:
        if portal.is_plumbed:
            return
        set_state, room_id = self._ground.rooms.set_state, portal.room_id
        if change.name is not None:
            await set_state(room_id, "m.room.name", {"name": change.name})
        if change.topic is not None:
            await set_state(room_id, "m.room.topic", {"topic": change.topic})

    async def _member(self, portal: Portal, change: MemberChange) -> None:
        if not change.present and not await self._ghosts.is_known(change.sender.id):
            return
        ghost = await self._ghosts.appear(change.sender.id, change.sender.name)
        if change.present:
            await self._ghosts.enter(portal.room_id, ghost)
        else:
            await self._ghosts.leave(portal.room_id, ghost, change.reason)
