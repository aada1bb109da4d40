"""Sessions of a component: its people speak from own addresses, and meet in shared rooms."""

from attrs import define, field, frozen

from bridges.kit.abilities import Page
from bridges.kit.chats import Person
from bridges.kit.guests import Guests
from bridges.kit.network import Bridge, Session
from bridges.kit.parts import ChatKey
from bridges.networks.xmpp.cards import Card
from bridges.networks.xmpp.component import Component, PersonStream
from bridges.networks.xmpp.ids import Notes
from bridges.networks.xmpp.session import Connected, XmppSession
from bridges.networks.xmpp.stream import Stream


@frozen
class Together:
    """What one of us has noted, all find: another may listen next time."""

    _bridge: Bridge

    async def keep(self, key: str, value: str) -> None:
        await self._bridge.keep_for_all(key, value)

    async def kept(self, key: str) -> str | None:
        return await self._bridge.kept_for_all(key)


@define(eq=False)
class AddressSession(XmppSession):
    _component: Component = field(kw_only=True)
    _guests: Guests = field(kw_only=True)

    async def _open(self) -> tuple[Stream, str]:
        card = await Card.of(await self._bridge.owner())
        return await self._component.attach(self._login.id, card), card.nick

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self._guests.end(self._bridge)

    def _notes(self) -> Notes:
        return Together(self._bridge)

    async def _at(self, chat: ChatKey) -> Connected:
        """A room is entered by whoever says something there."""
        connected = await self._ready()
        if not chat.receiver:
            await connected.catching_up.enter(chat.id)
        return connected

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        """Of rooms: nobody keeps what is said to an address of a component."""
        if chat.receiver:
            return Page(())
        return await super().history(chat, before, limit)

    async def follow(self, chat: ChatKey, is_present: bool) -> None:
        """Our person came into a room that others share, or left it."""
        if is_present:
            await self._at(chat)
        else:
            await self.leave_chat(chat)

    async def voice(self, chat: ChatKey, person: Person) -> Session | None:
        """In rooms that others share."""
        if chat.receiver or self._component.jids.of(person.id) is None:
            return None
        return await self._guests.of(person, self._bridge)

    async def silence(self, chat: ChatKey, user_id: str) -> None:
        await self._guests.silence(chat, user_id)

    async def present(self, person: Person) -> None:
        connected, card = self._now(), await Card.of(person)
        if isinstance(connected.stream, PersonStream):
            connected.stream.card = card
        connected.rooms.be_called(card.nick)
