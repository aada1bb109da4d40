"""What changed about a chat and its people, as state of its room."""

from attrs import frozen

from bridges.kit.happenings import CallNoticed, ChatChange, ChatGone, MemberChange, Notice
from bridges.matrix.client import MatrixError
from bridges.portals.furnishing import Furnishing
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.portals.rooms import PortalRooms
from bridges.portals.sessions import Running
from bridges.portals.voices import MESSAGE, Event, Voices
from bridges.storage.places import Portal

DEEDS = {"kicked": "kick", "banned": "ban", "unbanned": "unban"}
Changed = ChatChange | MemberChange | Notice | CallNoticed | ChatGone


@frozen
class Changes:
    _ground: Ground
    _ghosts: Ghosts
    _voices: Voices
    _portals: PortalRooms
    _furnishing: Furnishing

    async def deliver(
        self, portal: Portal, transaction: str, change: Changed, running: Running
    ) -> None:
        match change:
            case ChatChange() if portal.is_plumbed:
                return
            case ChatChange():
                if words := await self._furnishing.change(portal, change, running.session):
                    await self._voices.note(portal, words, transaction)
            case MemberChange():
                await self._member(portal, transaction, change)
            case Notice(text=text):
                await self._voices.note(portal, text, transaction)
            case CallNoticed():
                kind = "video call" if change.is_video else "call"
                content = {"msgtype": "m.notice", "body": f"{kind}: {change.state}"}
                event = Event(MESSAGE, content, transaction)
                await self._voices.say(portal, change.sender, event)
            case ChatGone():
                await self._gone(portal, transaction, change, running)

    async def _member(self, portal: Portal, transaction: str, change: MemberChange) -> None:
        if change.sender.me:
            if not change.present and change.how != "invited":
                why = f" {change.reason}" if change.reason else ""
                text = f"You are not in this chat any more.{why}"
                await self._voices.note(portal, text, transaction)
            return
        is_needed = change.present or change.how in ("invited", "banned")
        if not is_needed and not await self._ghosts.is_known(change.sender.id):
            return
        ghost = await self._ghosts.appear(change.sender.id, change.sender.name)
        if change.present:
            await self._ghosts.enter(portal.room_id, ghost)
        elif change.how == "invited":
            await self._ground.rooms.invite(portal.room_id, ghost)
        elif change.how in DEEDS:
            await self._put_out(portal, ghost, change)
        else:
            await self._ghosts.leave(portal.room_id, ghost, change.reason)

    async def _put_out(self, portal: Portal, ghost: str, change: MemberChange) -> None:
        """By whoever did it, where the room lets them; else by the bot."""
        room_id, deed = portal.room_id, DEEDS[change.how]
        self._ghosts.forget(room_id, ghost)
        put_out = self._ground.rooms.put_out
        if change.by is not None and not change.by.me:
            try:
                doer = await self._voices.of(portal, change.by)
                await put_out(room_id, ghost, deed, change.reason, doer)
                return
            except MatrixError:
                pass
        try:
            await put_out(room_id, ghost, deed, change.reason, None)
        except MatrixError as error:
            # Is not in the room, or not banned.
            if error.status not in (403, 404):
                raise

    async def _gone(
        self, portal: Portal, transaction: str, gone: ChatGone, running: Running
    ) -> None:
        """The room stays with its history, and points to the one that goes on."""
        text = f"This chat is gone. {gone.reason}".rstrip()
        await self._voices.note(portal, text, transaction)
        if gone.successor is not None and not portal.is_plumbed:
            login, session = running.login, running.session
            successor = await self._portals.find_or_make(gone.successor, login, session)
            content = {"body": text, "replacement_room": successor.room_id}
            await self._ground.rooms.set_state(portal.room_id, "m.room.tombstone", content)
        await self._portals.close(portal)
