"""What people on Matrix say, handed to a session in its network's words."""

import re

from attrs import frozen

from bridges.kit import abilities
from bridges.kit.failures import Rejected, Unsupported
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Outgoing, Part, Text
from bridges.matrix.client import MatrixError
from bridges.portals.addresses import Addresses
from bridges.portals.contents import MESSAGE, STICKER
from bridges.portals.fitting import Fitting, said_by
from bridges.portals.formatting import prefixed
from bridges.portals.ground import Ground
from bridges.portals.polls import ENDS, RESPONSES, STARTS, read_poll, read_response
from bridges.portals.reactions import Reactions
from bridges.portals.readings import Reader
from bridges.portals.relations import Relation, Remote, quoting, referred, remote
from bridges.portals.sessions import Running
from bridges.storage import messages, polls
from bridges.storage.messages import Pair
from bridges.storage.places import Portal

SAID = frozenset((MESSAGE, STICKER, *STARTS))


@frozen
class Said:
    """An event with the login that carries it. `name`: whose words, if the login is another's."""

    portal: Portal
    event: JsonObject
    running: Running
    name: str = ""

    @property
    def id(self) -> str:
        return str(self.event["event_id"])

    @property
    def content(self) -> JsonObject:
        content: JsonObject = self.event["content"]
        return content


@frozen
class Utterances:
    _ground: Ground
    _addresses: Addresses
    _reactions: Reactions

    async def carry(self, said: Said) -> bool:
        """Whether it was something that is said. Raises what the session raises."""
        match said.event["type"]:
            case "m.room.redaction":
                await self._redact(said)
            case "m.reaction":
                await self._reactions.react(said.portal, said.event, said.running)
            case type if type in SAID:
                await self._message(said)
            case type if type in RESPONSES:
                await self._vote(said)
            case type if type in ENDS:
                await self._end_poll(said)
            case _:
                return False
        return True

    async def _message(self, said: Said) -> None:
        content, relation = said.content, Relation.read(said.content)
        new = content.get("m.new_content")
        if relation.edited and isinstance(new, dict):
            await self._edit(said, relation.edited, new)
            return
        part = self._reader().part(said.event["type"], content)
        if read := read_poll(content):
            poll, ids = read
            options = list(zip(ids, poll.options, strict=True))
            await self._ground.db.write(polls.remember, said.id, options)
        await self._send(said, part, relation)

    def _reader(self) -> Reader:
        return Reader(self._ground.accounts, self._addresses)

    async def _send(self, said: Said, part: Part, relation: Relation) -> None:
        """One of our messages may be several there; all their ids mean the one event."""
        chat, session = said.portal.chat, said.running.session
        can = session.capabilities_in(chat)
        known: Remote = await self._ground.db.write(remote, chat, relation)
        answers = relation.answered or (relation.thread if not can.threads else None)
        answered = known.reply_to or (known.thread if not can.threads else None)
        if answers and isinstance(part, Text) and not (can.replies and answered):
            part = await self._quoting(said.portal, answers, part)
        spoken = said_by(said.name, part) if said.name else [part]
        fitting = [one for it in spoken for one in await Fitting(can).parts(it)]
        done = await self._ground.db.write(messages.sent_parts, chat, said.id)
        for place, one in enumerate(fitting):
            if place in done:
                continue
            out = Outgoing(
                chat,
                (one,),
                f"{said.id}.{place}" if place else said.id,
                reply_to=answered if can.replies and place == 0 else None,
                thread=known.thread if can.threads else None,
                mentions=self._addresses.mentioned(said.content),
            )
            await said.running.pace.turn(chat, can)
            sent = await session.send(out)
            said.running.pulse.beat()
            for id in (sent.id, *sent.more):
                pair = Pair(id, said.id, said.event["sender"])
                await self._ground.db.write(messages.pair, chat, pair, place)
        self._ground.tally.departed += 1

    async def _quoting(self, portal: Portal, answered: str, text: Text) -> Text:
        try:
            event = await self._ground.rooms.event(portal.room_id, answered)
        except MatrixError:
            return text
        body = event.get("content", {}).get("body")
        if not isinstance(body, str):
            return text
        name = await self._ground.rooms.name_of(portal.room_id, str(event.get("sender")))
        return quoting(name, body, text)

    async def _edit(self, said: Said, edited: str, new: JsonObject) -> None:
        """Where it cannot be edited (any more), the new words are said as a correction."""
        chat, session = said.portal.chat, said.running.session
        part = self._reader().part(said.event["type"], new)
        target = await self._ground.db.write(messages.by_event, chat, edited)
        can = session.capabilities_in(chat)
        is_in_time = await self._is_younger(said, edited, can.edit_window_s)
        if target and is_in_time and isinstance(session, abilities.Edits):
            spoken = said_by(said.name, part) if said.name else [part]
            parts = [one for it in spoken for one in await Fitting(can).parts(it)]
            try:
                await session.edit(target.remote_id, Outgoing(chat, tuple(parts[:1]), said.id))
                return
            except Unsupported:
                pass
        if isinstance(part, Text):
            await self._send(said, prefixed("* ", part), Relation())

    async def _is_younger(self, said: Said, event_id: str, seconds: int | None) -> bool:
        if seconds is None:
            return True
        try:
            event = await self._ground.rooms.event(said.portal.room_id, event_id)
        except MatrixError:
            return False
        age_ms = said.event.get("origin_server_ts", 0) - event.get("origin_server_ts", 0)
        return bool(age_ms <= seconds * 1000)

    async def _vote(self, said: Said) -> None:
        poll = referred(said.content)
        chat, session = said.portal.chat, said.running.session
        pair = await self._ground.db.write(messages.by_event, chat, poll)
        if pair is None:
            return
        known = await self._ground.db.write(polls.answers, poll)
        ids = [id for id, _ in known]
        chosen = read_response(said.content)
        named = [it for it in chosen if it in ids or re.fullmatch(r"[0-9]{1,3}", it)]
        places = tuple(ids.index(it) if it in ids else int(it) for it in named)
        can_vote = (
            isinstance(session, abilities.Votes) and "poll" in session.capabilities_in(chat).parts
        )
        if isinstance(session, abilities.Votes) and can_vote and not said.name:
            await session.vote(chat, pair.remote_id, places)
            return
        texts = [known[it][1] if it < len(known) else str(it + 1) for it in places]
        words = Text(
            f"votes for {', '.join(texts)}" if texts else "takes the vote back", manner="act"
        )
        await self._send(said, words, Relation(answered=poll))

    async def _end_poll(self, said: Said) -> None:
        poll = referred(said.content)
        chat, session = said.portal.chat, said.running.session
        pair = await self._ground.db.write(messages.by_event, chat, poll)
        if pair and isinstance(session, abilities.EndsPolls):
            await session.end_poll(chat, pair.remote_id)
        elif pair:
            await self._send(
                said, Text("The poll has ended.", manner="notice"), Relation(answered=poll)
            )

    async def _redact(self, said: Said) -> None:
        event_id = str(said.content.get("redacts") or said.event.get("redacts"))
        if await self._reactions.unreact(said.portal, event_id, said.running):
            return
        chat, session = said.portal.chat, said.running.session
        for pair in await self._ground.db.write(messages.all_of_event, chat, event_id):
            if not isinstance(session, abilities.Redacts):
                raise Rejected("This network cannot take messages back.")
            await session.redact(chat, pair.remote_id)
