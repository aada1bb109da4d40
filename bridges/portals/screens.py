"""Logging in by chat: the bot asks in a room, and the next message of the user is the answer."""

import asyncio
import re
from collections.abc import Mapping
from io import BytesIO
from secrets import token_hex

import segno
from attrs import define

from bridges.kit.json_values import JsonObject
from bridges.kit.network import QR, Address, Code, Field, Shown
from bridges.matrix.client import MatrixError
from bridges.portals.files import placed
from bridges.portals.ground import Ground
from bridges.portals.replies import Replies, Said

NO_ANSWER = "-"


@define(eq=False)
class ChatScreen:
    _ground: Ground
    _replies: Replies
    _said: Said
    _answer: asyncio.Future[str] | None = None
    _is_secret: bool = False
    _picture: str | None = None
    """The event of what is shown."""

    async def ask(self, field: Field) -> str:
        hint = "" if field.default is None else f" (`{NO_ANSWER}` for {field.default or 'none'})"
        await self.note(field.question + hint)
        while True:
            answer = await self._next(field.secret)
            if answer == NO_ANSWER and field.default is not None:
                return field.default
            if fits(field, answer):
                return answer
            await self.note("That does not look right. Please try again.")

    async def _next(self, is_secret: bool) -> str:
        self._answer = asyncio.get_running_loop().create_future()
        self._is_secret = is_secret
        try:
            return await self._answer
        finally:
            self._answer = None

    async def choose(self, question: str, options: Mapping[str, str]) -> str:
        lines = "\n".join(f"`{id}`: {name}" for id, name in options.items())
        while (answer := await self.ask(Field("choice", f"{question}\n{lines}"))) not in options:
            await self.note("That is none of them.")
        return answer

    async def show(self, what: Shown, text: str) -> None:
        match what:
            case QR(data=data):
                await self._show_picture(data, text)
            case Code(text=shown) | Address(url=shown):
                await self.note(f"{text}\n{shown}")

    async def note(self, text: str) -> None:
        await self._replies.reply(self._said, text, token_hex(8))

    def is_asking(self) -> bool:
        return self._answer is not None and not self._answer.done()

    async def receive(self, said: Said) -> None:
        """An answer. The secret ones do not stay in the room."""
        if self._answer is None or self._answer.done():
            return
        answer, is_secret = self._answer, self._is_secret
        answer.set_result(" ".join(said.words))
        if is_secret and said.words != [NO_ANSWER]:
            await self._remove(said.event_id, "Please remove your answer: I may not do it here.")

    async def close(self) -> None:
        """What was shown opens nothing any more, and goes."""
        if self._picture is not None:
            await self._remove(self._picture, "")

    async def _show_picture(self, data: str, text: str) -> None:
        """A QR code, in the place of the one before."""
        picture = BytesIO()
        segno.make(data, micro=False).save(picture, kind="png", scale=8)
        bits, room_id = picture.getvalue(), self._said.room_id
        is_secret = self._ground.rooms.is_encrypted(room_id)
        where = await placed(self._ground.accounts, bits, ("image/png", "qr.png"), is_secret)
        info = {"mimetype": "image/png", "size": len(bits)}
        content: JsonObject = {"msgtype": "m.image", "body": text, "filename": "qr.png"}
        content |= where | {"info": info}
        if self._picture is not None:
            relates = {"rel_type": "m.replace", "event_id": self._picture}
            content |= {"m.new_content": dict(content), "m.relates_to": relates}
        sent = await self._replies.send(self._said, content, f"qr.{token_hex(8)}")
        self._picture = self._picture or sent

    async def _remove(self, event_id: str, or_say: str) -> None:
        transaction = f"gone.{event_id}"
        try:
            await self._ground.rooms.redact(self._said.room_id, event_id, transaction, None)
        except MatrixError:
            if or_say:
                await self.note(or_say)


def fits(field: Field, answer: str) -> bool:
    """By its pattern, which is the network's own."""
    return not field.pattern or re.fullmatch(field.pattern, answer) is not None
