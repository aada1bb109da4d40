"""Where we are, and who else is there."""

from attrs import define, field


@define
class Member:
    """`ranks` are the modes that they have in the channel."""

    nick: str
    ranks: set[str] = field(factory=set)


@define
class Channel:
    """`members` by folded nicks; `banned` are masks."""

    name: str
    topic: str = ""
    members: dict[str, Member] = field(factory=dict)
    modes: set[str] = field(factory=set)
    banned: set[str] = field(factory=set)

    def others(self, nick: str) -> dict[str, str]:
        return {id: it.nick for id, it in self.members.items() if it.nick != nick}

    def has_banned(self, nick: str) -> bool:
        return mask_of(nick) in self.banned


def mask_of(nick: str) -> str:
    """What we ban somebody by."""
    return f"{nick}!*@*"


@define
class Channels:
    """By folded names. `wanted` are those to come back into after a lost connection."""

    wanted: set[str] = field(factory=set)
    _here: dict[str, Channel] = field(factory=dict)
    _names: dict[str, str] = field(factory=dict)

    def is_in(self, id: str) -> bool:
        return id in self._here

    def of(self, id: str) -> Channel:
        """One that we are not in is empty."""
        return self._here.get(id) or Channel(id)

    def enter(self, id: str, name: str) -> None:
        self._here[id] = Channel(name)
        self.wanted.add(id)

    def exit(self, id: str) -> None:
        self._here.pop(id, None)
        self.wanted.discard(id)

    def disconnected(self) -> None:
        self._here.clear()

    def with_member(self, id: str) -> list[str]:
        return [channel_id for channel_id, it in self._here.items() if id in it.members]

    def meet(self, id: str, name: str) -> None:
        """Remember how somebody writes their nick."""
        self._names[id] = name

    def name(self, id: str) -> str:
        return self._names.get(id, id)
