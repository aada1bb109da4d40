"""Several people of ours in one chat: one of them listens for all, and none is a ghost."""

from collections.abc import Callable

from attrs import define, field, frozen

from bridges.kit.chats import Person
from bridges.kit.happenings import Happening, Presence, Sender, UserChange
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey


@define(eq=False)
class Ears:
    """Of a whole network. Logins by chat, the one that listens first; and how ours are called:
    `where` is the chat where names are of one chat only.
    """

    _in_chat: dict[str, list[str]] = field(factory=dict)
    _names: dict[tuple[str, str], set[str]] = field(factory=dict)
    _last: set[str] = field(factory=set)

    def listens_last(self, login_id: str) -> None:
        """Only where nobody else does: a guest, who may go at any time."""
        self._last.add(login_id)

    def enter(self, chat: str, login_id: str) -> None:
        ours = self._in_chat.setdefault(chat, [])
        if login_id not in ours:
            ours.append(login_id)
            ours.sort(key=self._last.__contains__)

    def exit(self, chat: str, login_id: str) -> None:
        ours = self._in_chat.get(chat, [])
        if login_id in ours:
            ours.remove(login_id)
        if not ours:
            self._in_chat.pop(chat, None)
        self._names.pop((login_id, chat), None)

    @property
    def connections(self) -> int:
        """Of logins, without guests."""
        return len({login_id for login_id, _ in self._names} - self._last)

    def is_called(self, login_id: str, name: str, where: str = "") -> None:
        self._names[login_id, where] = {name}

    def will_be_called(self, login_id: str, name: str, where: str = "") -> None:
        """Others may hear of it before we do."""
        self._names.setdefault((login_id, where), set()).add(name)

    def leave(self, login_id: str) -> None:
        """The connection is gone: somebody else listens where it did."""
        for known in [it for it in self._names if it[0] == login_id]:
            del self._names[known]
        for chat in list(self._in_chat):
            self.exit(chat, login_id)

    def listens(self, chat: str, login_id: str) -> bool:
        return self._in_chat.get(chat, [login_id])[0] == login_id

    def are_ours(self, name: str, where: str = "") -> bool:
        return any(place == where and name in names for (_, place), names in self._names.items())


@frozen
class SharedEar:
    """A login's bridge: of what happens in shared chats only one login tells."""

    _bridge: Bridge
    _ears: Ears
    _login_id: str
    _is_ours: Callable[[Sender, str], bool]
    """Whether that is one of our people, in a chat or (empty) anywhere."""

    async def receive(self, happening: Happening) -> None:
        if self._is_news(happening):
            await self._bridge.receive(happening)

    def _is_news(self, happening: Happening) -> bool:
        if isinstance(happening, Presence | UserChange):
            return not self._is_ours(happening.sender, "")
        chat = happening.chat
        if chat.receiver:
            return True
        if not self._ears.listens(chat.id, self._login_id):
            return False
        # What our people do there, they have done on Matrix.
        sender = getattr(happening, "sender", None)
        return sender is None or not self._is_ours(sender, chat.id)

    async def chats(self) -> list[ChatKey]:
        return await self._bridge.chats()

    def alive(self) -> None:
        self._bridge.alive()

    async def keep(self, key: str, value: str) -> None:
        await self._bridge.keep(key, value)

    async def kept(self, key: str) -> str | None:
        return await self._bridge.kept(key)

    async def owner(self) -> Person:
        return await self._bridge.owner()

    async def keep_for_all(self, key: str, value: str) -> None:
        await self._bridge.keep_for_all(key, value)

    async def kept_for_all(self, key: str) -> str | None:
        return await self._bridge.kept_for_all(key)
