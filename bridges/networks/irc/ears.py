"""Several people of ours in one channel: one of them listens for all, and none is a ghost."""

from attrs import define, field, frozen

from bridges.kit.happenings import Happening, Presence, UserChange
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey


@define(eq=False)
class Ears:
    """Of a whole network. Logins by channel, the one that listens first; and all our nicks."""

    _in_channel: dict[str, list[str]] = field(factory=dict)
    _nicks: dict[str, str] = field(factory=dict)

    def enter(self, channel: str, login_id: str) -> None:
        ours = self._in_channel.setdefault(channel, [])
        if login_id not in ours:
            ours.append(login_id)

    def exit(self, channel: str, login_id: str) -> None:
        ours = self._in_channel.get(channel, [])
        if login_id in ours:
            ours.remove(login_id)
        if not ours:
            self._in_channel.pop(channel, None)

    @property
    def connections(self) -> int:
        return len(self._nicks)

    def is_called(self, login_id: str, nick: str) -> None:
        """Folded."""
        self._nicks[login_id] = nick

    def leave(self, login_id: str) -> None:
        """The connection is gone: somebody else listens where it did."""
        self._nicks.pop(login_id, None)
        for channel in list(self._in_channel):
            self.exit(channel, login_id)

    def listens(self, channel: str, login_id: str) -> bool:
        return self._in_channel.get(channel, [login_id])[0] == login_id

    def are_ours(self, nick: str) -> bool:
        return nick in self._nicks.values()


@frozen
class SharedEar:
    """A login's bridge: of what happens in shared channels only one login tells."""

    _bridge: Bridge
    _ears: Ears
    _login_id: str

    async def receive(self, happening: Happening) -> None:
        if self._is_news(happening):
            await self._bridge.receive(happening)

    def _is_news(self, happening: Happening) -> bool:
        if isinstance(happening, Presence | UserChange):
            return not self._ears.are_ours(happening.sender.id)
        if happening.chat.receiver:
            return True
        if not self._ears.listens(happening.chat.id, self._login_id):
            return False
        # What our people do on IRC, they have done on Matrix.
        sender = getattr(happening, "sender", None)
        return sender is None or not self._ears.are_ours(sender.id)

    async def chats(self) -> list[ChatKey]:
        return await self._bridge.chats()

    def alive(self) -> None:
        self._bridge.alive()

    async def keep(self, key: str, value: str) -> None:
        await self._bridge.keep(key, value)

    async def kept(self, key: str) -> str | None:
        return await self._bridge.kept(key)
