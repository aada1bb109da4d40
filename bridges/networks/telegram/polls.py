"""Which message a poll stands in: Telegram's votes name only the poll."""

import json

from attrs import frozen

from bridges.kit.happenings import Sender
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey


@frozen
class StandingPoll:
    """`sender` is who asks, None for us."""

    chat: ChatKey
    message_id: str
    sender: Sender | None


@frozen
class Polls:
    _bridge: Bridge

    async def heard(self, id: str, chat: ChatKey, message_id: str, sender: Sender) -> None:
        await self._keep(id, chat, message_id, sender.id, sender.name)

    async def asked(self, id: str, chat: ChatKey, message_id: str) -> None:
        await self._keep(id, chat, message_id)

    async def _keep(self, id: str, chat: ChatKey, *more: str) -> None:
        await self._bridge.keep(f"poll {id}", json.dumps([chat.id, chat.receiver, *more]))

    async def find(self, id: str) -> StandingPoll | None:
        text = await self._bridge.kept(f"poll {id}")
        if text is None:
            return None
        chat_id, receiver, message_id, *sender = json.loads(text)
        return StandingPoll(
            ChatKey(chat_id, receiver), message_id, Sender(*sender) if sender else None
        )
