"""What a server can do, as it says itself: ISUPPORT (005) and capabilities (IRCv3)."""

from attrs import define, field

from bridges.networks.irc.lines import Line, fold

WANTED = frozenset(
    (
        "account-notify",
        "account-tag",
        "away-notify",
        "batch",
        "chghost",
        "draft/chathistory",
        "draft/message-redaction",
        "draft/read-marker",
        "echo-message",
        "extended-join",
        "invite-notify",
        "labeled-response",
        "message-tags",
        "multi-prefix",
        "sasl",
        "server-time",
        "setname",
        "userhost-in-names",
    )
)


@define
class Features:
    """`ranks` maps modes of members to their signs, the highest first."""

    caps: set[str] = field(factory=set)
    casemapping: str = "rfc1459"
    channel_types: str = "#&"
    nick_length: int = 9
    ranks: dict[str, str] = field(factory=lambda: {"o": "@", "v": "+"})
    list_modes: str = "b"
    parameter_modes: str = "k"
    """Both ways with a parameter."""
    set_modes: str = "l"
    """With a parameter only where they are set."""
    modes_per_line: int = 3

    def fold(self, name: str) -> str:
        return fold(name, self.casemapping)

    def is_channel(self, name: str) -> bool:
        return name[:1] in self.channel_types

    @property
    def has_labels(self) -> bool:
        """Answers say which question they belong to, and what we say comes back with its id."""
        return {"labeled-response", "echo-message", "message-tags", "batch"} <= self.caps

    @property
    def has_tags(self) -> bool:
        return "message-tags" in self.caps

    @property
    def has_history(self) -> bool:
        return "draft/chathistory" in self.caps

    @property
    def has_redaction(self) -> bool:
        return "draft/message-redaction" in self.caps

    @property
    def has_markers(self) -> bool:
        return "draft/read-marker" in self.caps

    def learn(self, line: Line) -> None:
        """From a line 005."""
        for word in line.parameters[1:-1]:
            key, _, value = word.partition("=")
            match key:
                case "CASEMAPPING":
                    self.casemapping = value
                case "CHANTYPES" if value:
                    self.channel_types = value
                case "NICKLEN" if value.isdecimal():
                    self.nick_length = int(value)
                case "MODES" if value.isdecimal():
                    self.modes_per_line = max(1, min(int(value), 20))
                case "PREFIX" if value.startswith("("):
                    modes, _, signs = value[1:].partition(")")
                    self.ranks = dict(zip(modes, signs, strict=False))
                case "CHANMODES" if value.count(",") >= 3:
                    self.list_modes, self.parameter_modes, self.set_modes = value.split(",")[:3]

    def ranks_of(self, name: str) -> tuple[set[str], str]:
        """The modes that the signs before a nick stand for, and the nick."""
        modes = {sign: mode for mode, sign in self.ranks.items()}
        bare = name.lstrip("".join(modes))
        return {modes[sign] for sign in name[: len(name) - len(bare)]}, bare
