"""Messages of the past as events."""

from attrs import frozen

from bridges.kit.abilities import Page
from bridges.kit.happenings import Message, React
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Part, Text, plain
from bridges.matrix.batches import Past
from bridges.portals.addresses import Addresses
from bridges.portals.contents import Composer
from bridges.portals.deliveries import told
from bridges.portals.files import Files
from bridges.portals.ground import Ground
from bridges.portals.relations import on_matrix, quoting
from bridges.portals.sessions import Running
from bridges.portals.voices import Event, Voices
from bridges.storage import messages
from bridges.storage.messages import Pair
from bridges.storage.places import Portal


@frozen
class PastPart:
    """An event, and the message that it belongs to."""

    remote_id: str
    event: Past


@frozen
class Pages:
    _ground: Ground
    _voices: Voices
    _addresses: Addresses

    async def past(self, portal: Portal, page: Page, running: Running) -> list[PastPart]:
        """Whoever speaks in it is in the room then."""
        found = []
        by_id = {it.id: it for it in page.messages}
        for message in page.messages:
            user_id = await self._voices.ghost(portal, message.sender)
            answered = by_id.get(message.reply_to or "")
            for type, content in await self._contents(portal, message, running, answered):
                event = Past(user_id, type, content, message.sent_at_ms or 0)
                found.append(PastPart(message.id, event))
        return found

    async def _contents(
        self, portal: Portal, message: Message, running: Running, answered: Message | None
    ) -> list[tuple[str, JsonObject]]:
        """What it answers is quoted where that stands in the same page, and so has no id yet."""
        is_sealed = self._ground.rooms.is_encrypted(portal.room_id)
        composer = Composer(
            Files(self._ground.accounts, running.session, is_sealed), self._addresses
        )
        relates = await self._ground.db.write(
            on_matrix, portal.chat, message.reply_to, message.thread
        )
        contents = []
        for part in told(message):
            content = await composer.content(part if relates else quoted(answered, part))
            contents.append((content.type, content.json | relates))
        return contents

    async def say(self, portal: Portal, message: Message, running: Running) -> None:
        """At the end of the room, with its time."""
        pairs = []
        for place, (type, content) in enumerate(
            await self._contents(portal, message, running, None)
        ):
            unique = f"history.{portal.room_id}.{message.id}.{place}"
            event = Event(type, content, unique, message.sent_at_ms)
            event_id, sender = await self._voices.say(portal, message.sender, event)
            pairs.append(Pair(message.id, event_id, sender))
        for place, pair in enumerate(pairs):
            await self._ground.db.write(messages.pair, portal.chat, pair, place)

    async def reaction(self, portal: Portal, react: React, pair: Pair, page: Page) -> Past:
        """With the time of its message: networks seldom tell another."""
        user_id = await self._voices.ghost(portal, react.sender)
        relates = {"rel_type": "m.annotation", "event_id": pair.event_id, "key": react.emoji}
        times = [it.sent_at_ms or 0 for it in page.messages if it.id == react.target]
        return Past(user_id, "m.reaction", {"m.relates_to": relates}, times[0] if times else 0)


def quoted(answered: Message | None, part: Part) -> Part:
    if answered is None or not isinstance(part, Text):
        return part
    return quoting(answered.sender.name, plain(answered.parts), part)
