"""Typing, receipts and presence of people on the network, which nobody keeps."""

from attrs import frozen

from bridges.kit.happenings import Delivered, Presence, Read, Sender, Typing
from bridges.kit.parts import ChatKey
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.portals.statuses import Statuses
from bridges.portals.voices import Voices
from bridges.storage import messages, places
from bridges.storage.messages import Pair
from bridges.storage.places import Portal


@frozen
class Signs:
    _ground: Ground
    _ghosts: Ghosts
    _voices: Voices
    _statuses: Statuses | None
    """None where nobody wants to see what is delivered."""

    async def pass_on(self, sign: Typing | Read | Delivered | Presence) -> None:
        match sign:
            case Typing(chat=chat, sender=sender, seconds=seconds):
                await self._types(chat, sender, seconds)
            case Read(chat=chat, sender=sender, upto=upto):
                await self._reads(chat, sender, upto)
            case Delivered(chat=chat, sender=sender, upto=upto):
                await self._has(chat, sender, upto)
            case Presence(sender=sender, state=state, text=text):
                if await self._ghosts.is_known(sender.id):
                    user_id = await self._ghosts.appear(sender.id, sender.name)
                    await self._ground.accounts.set_presence(user_id, state, text)

    async def _types(self, chat: ChatKey, sender: Sender, seconds: int) -> None:
        portal = await self._ground.db.write(places.portal_of_chat, chat)
        if portal is not None:
            await self._voices.types(portal, sender, seconds)

    async def _reads(self, chat: ChatKey, sender: Sender, upto: str) -> None:
        portal, event_id = await self._find(chat, upto)
        if portal is not None and event_id:
            await self._voices.reads(portal, sender, event_id)

    async def _has(self, chat: ChatKey, sender: Sender, upto: str) -> None:
        """The bot's receipt says that the network has it; this, that a person has it."""
        if self._statuses is None:
            return
        portal, event_id = await self._find(chat, upto)
        if portal is not None and event_id:
            ghost = self._ground.names.ghost(sender.id)
            await self._statuses.reached(portal, event_id, ghost)

    async def _find(self, chat: ChatKey, upto: str) -> tuple[Portal | None, str]:
        """Where that message is, and its last event."""
        portal = await self._ground.db.write(places.portal_of_chat, chat)
        pairs: list[Pair] = await self._ground.db.write(messages.by_remote_id, chat, upto)
        return portal, pairs[-1].event_id if pairs else ""
