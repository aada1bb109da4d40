"""An account as we need it, whatever library speaks MTProto.

Messages, chats and people are said in the words of the Bot API, so that both doors to Telegram
are read alike.
"""

from collections.abc import AsyncIterator
from enum import Enum
from typing import Protocol

from attrs import frozen

from bridges.kit.json_values import JsonObject
from bridges.networks.telegram.names import Place
from bridges.networks.telegram.writing import Call


class Account(Protocol):
    """Raises the failures of the kit. News have members besides those of the Bot API:

    `deleted` {chat (None where numbers are the account's own), message_ids},
    `read` {chat, upto, by (a user; None for the account itself)},
    `typing` {chat, user, seconds},
    `story` (a message with `expire_date`), `story_gone` {chat, message_id}.
    """

    async def connect(self) -> JsonObject:
        """The account's own user. Raises BadCredentials when it was logged out elsewhere."""

    async def disconnect(self) -> None: ...

    def news(self) -> AsyncIterator[JsonObject]:
        """Since `connect`, until the connection ends."""

    async def dialogs(self, limit: int) -> list[JsonObject]:
        """The chats that spoke last, each with `newest`, a message or None."""

    async def messages(
        self, chat_id: int, limit: int, *, before: int, after: int
    ) -> list[JsonObject]:
        """The newest of those between two numbers, the oldest first; `before` 0: no end."""

    async def stories(self) -> list[JsonObject]:
        """Those that contacts and channels show now, as messages with `expire_date`."""

    async def chat(self, chat: int | str) -> JsonObject:
        """By number or name, with `members`: names by id."""

    async def user(self, id: int) -> JsonObject: ...

    async def file(self, reference: str, max_bytes: int) -> bytes: ...

    async def send(self, where: Place, call: Call, unique: int) -> int:
        """Telegram drops what it has from us under the same `unique`, a number of 63 bits."""

    async def edit(self, chat_id: int, id: int, text: str, entities: list[JsonObject]) -> None: ...

    async def delete(self, chat_id: int, id: int) -> None: ...

    async def react(self, chat_id: int, id: int, emoji: str | None) -> None: ...

    async def read(self, where: Place, upto: int) -> None: ...

    async def type(self, where: Place, is_typing: bool) -> None: ...

    async def leave(self, chat_id: int) -> None: ...

    async def log_out(self) -> None: ...


class Answer(Enum):
    """What became of something that was asked at the door."""

    ADMITTED = "admitted"
    PASSWORD = "a password is wanted besides"
    WRONG = "that is not right"
    EXPIRED = "too late"


@frozen
class Admitted:
    """`session` lets the account come back by itself: it is a secret."""

    user: JsonObject
    session: str


class Entrance(Protocol):
    async def send_code(self, phone: str) -> None:
        """Raises Rejected for what is no number of an account."""

    async def enter_code(self, code: str) -> Answer: ...

    async def enter_password(self, password: str) -> Answer: ...

    async def qr(self) -> str:
        """What the picture says; anew at each call."""

    async def scanned(self) -> Answer:
        """Waits until the picture was scanned, or has expired."""

    async def admitted(self) -> Admitted: ...

    async def close(self) -> None: ...


class Mtproto(Protocol):
    """The library."""

    def account(self, session: str) -> Account: ...

    async def entrance(self) -> Entrance: ...
