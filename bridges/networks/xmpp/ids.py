"""Names of messages. Rooms give each one of their own (XEP-0359), by which all but edits go."""

import json
from typing import Protocol

from attrs import define

from bridges.networks.xmpp.stanzas import Heard, bare

OURS = "isthmus-"


class Notes(Protocol):
    async def keep(self, key: str, value: str) -> None: ...

    async def kept(self, key: str) -> str | None: ...


@define(eq=False)
class Ids:
    """What is kept outlives the connection: edits name messages of long ago."""

    _notes: Notes
    _own: str

    def of(self, heard: Heard) -> str:
        """By which others answer, react and retract."""
        if heard.is_group:
            return heard.stanza_ids.get(bare(heard.sender)) or heard.archive_id or heard.id
        return heard.id or heard.origin_id or heard.stanza_ids.get(self._own) or heard.archive_id

    async def note(self, chat: str, heard: Heard, sender: str) -> None:
        """So that an edit, which names the sender's own id, finds the room's."""
        if heard.is_group and heard.id and (id := self.of(heard)) != heard.id:
            await self._notes.keep(f"named {chat} {sender} {heard.id}", id)

    async def named(self, chat: str, own_id: str, sender: str) -> str:
        return await self._notes.kept(f"named {chat} {sender} {own_id}") or own_id

    async def note_ours(self, chat: str, own_id: str, id: str) -> None:
        await self._notes.keep(f"ours {chat} {id}", own_id)

    async def ours(self, chat: str, id: str) -> str:
        """The id that we gave; for others' messages the same id."""
        return await self._notes.kept(f"ours {chat} {id}") or id

    async def is_ours(self, heard: Heard, me: bool) -> bool:
        """What this bridge said, as a room or an archive hands it back to us."""
        if not heard.id.startswith(OURS):
            return False
        return me or await self._notes.kept(f"said {heard.id}") is not None

    async def note_said(self, own_id: str, id: str) -> None:
        await self._notes.keep(f"said {own_id}", id)

    async def said(self, own_id: str) -> str | None:
        """None: never tried. Empty: tried, and nobody knows."""
        return await self._notes.kept(f"said {own_id}")

    async def is_under_way(self, own_id: str) -> bool:
        """Sent before a kill, and not noted yet: it is about to be found by who sends it again."""
        return own_id.startswith(OURS) and await self.said(own_id) == ""

    async def reactions(self, chat: str, target: str, sender: str) -> list[str]:
        kept = await self._notes.kept(f"reactions {chat} {target} {sender}")
        return [str(it) for it in json.loads(kept)] if kept else []

    async def keep_reactions(self, chat: str, target: str, sender: str, all: list[str]) -> None:
        await self._notes.keep(f"reactions {chat} {target} {sender}", json.dumps(all))

    # -- how far we have come

    async def note_place(self, heard: Heard) -> None:
        for by, id in heard.stanza_ids.items():
            if by == (bare(heard.sender) if heard.is_group else self._own):
                await self.keep_place(by, id)

    async def keep_place(self, archive: str, id: str) -> None:
        await self._notes.keep(f"place {archive}", id)

    async def place(self, archive: str) -> str:
        return await self._notes.kept(f"place {archive}") or ""
