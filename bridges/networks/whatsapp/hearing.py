"""From WhatsApp's notifications to what happens."""

from collections.abc import AsyncIterator

from attrs import define, field

from bridges.kit.happenings import (
    Delivered,
    Edit,
    Happening,
    Message,
    Notice,
    Read,
    Remove,
    Sender,
)
from bridges.kit.json_values import JsonObject, objects
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey
from bridges.kit.reactions import one_reaction
from bridges.networks.whatsapp.contents import parts_of
from bridges.networks.whatsapp.people import People
from bridges.networks.whatsapp.sent import Sent
from bridges.networks.whatsapp.wire import in_words


@define(eq=False)
class Hearing:
    """Of one business number."""

    _login_id: str
    _bridge: Bridge
    people: People
    sent: Sent = field(factory=Sent)

    async def hear(self, value: JsonObject) -> None:
        """Returns when it is safe. WhatsApp repeats itself for days; ids tell."""
        for contact in objects(value.get("contacts")):
            await self.people.learn(contact)
        for message in objects(value.get("messages")):
            async for happening in self._message(message):
                await self._bridge.receive(happening)
        for status in objects(value.get("statuses")):
            async for happening in self._status(status):
                await self._bridge.receive(happening)

    async def _sender(self, message: JsonObject) -> Sender:
        number, own_id = str(message.get("from") or ""), str(message.get("from_user_id") or "")
        id = await self.people.id_of(number, own_id)
        return Sender(id, await self.people.name(id))

    def chat_of(self, message: JsonObject, person: str) -> ChatKey:
        return ChatKey(str(message.get("group_id") or person), self._login_id)

    async def _message(self, message: JsonObject) -> AsyncIterator[Happening]:
        sender, id = await self._sender(message), str(message.get("id") or "")
        if not sender.id or not id:
            return
        chat, at_s = self.chat_of(message, sender.id), seconds(message.get("timestamp"))
        await self._note(chat, id, at_s)
        if message.get("group_id") and not await self._bridge.kept(f"group {chat.id}"):
            await self._bridge.keep(f"group {chat.id}", "yes")
        match message.get("type"), message.get(str(message.get("type"))):
            case "reaction", dict(thing):
                target, emoji = str(thing.get("message_id") or ""), str(thing.get("emoji") or "")
                async for one in one_reaction(self._bridge, chat, sender, target, emoji):
                    yield one
            case "edit", {"original_message_id": str(target), "message": dict(new)}:
                yield Edit(chat, sender, id, target, parts_of(new))
            case "revoke", {"original_message_id": str(target)}:
                yield Remove(chat, sender, target)
            case "system", dict(thing):
                yield Notice(chat, id, str(thing.get("body") or "Something changed."))
            case _:
                answered = message.get("context")
                reply_to = answered.get("id") if isinstance(answered, dict) else None
                yield Message(
                    chat,
                    sender,
                    id,
                    parts_of(message),
                    reply_to=reply_to if isinstance(reply_to, str) else None,
                    sent_at_ms=at_s * 1000 or None,
                )

    async def _note(self, chat: ChatKey, id: str, at_s: int) -> None:
        """The last that they said: receipts name it, and the window of a day begins there."""
        before = int(await self._bridge.kept(f"heard {chat.id}") or 0)
        if at_s >= before:
            await self._bridge.keep(f"heard {chat.id}", str(at_s))
            await self._bridge.keep(f"last {chat.id}", id)

    async def _status(self, status: JsonObject) -> AsyncIterator[Happening]:
        """What became of a message of ours."""
        id, transaction = str(status.get("id") or ""), status.get("biz_opaque_callback_data")
        if isinstance(transaction, str) and id:
            self.sent.confirm(transaction, id)
        number = str(status.get("recipient_id") or "")
        person = await self.people.id_of(number, str(status.get("recipient_user_id") or ""))
        sender = Sender(person, await self.people.name(person))
        chat = self.chat_of(status, person)
        match status.get("status"):
            case "delivered":
                yield Delivered(chat, sender, id)
            case "read" | "played":
                yield Read(chat, sender, id)
            case "failed":
                reasons = " ".join(in_words(it) for it in objects(status.get("errors")))
                yield Notice(chat, f"failed {id}", f"Not delivered: {reasons or 'no reason given'}")


def seconds(value: object) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 12 else 0
