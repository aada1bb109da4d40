"""Modes of a channel and its members, and the levels that they mean."""

from collections.abc import Iterator, Mapping, Set

from attrs import frozen

from bridges.kit.chats import Levels
from bridges.networks.irc.channels import Channel
from bridges.networks.irc.features import Features

LEVELS = {"q": 100, "a": 75, "o": 50, "h": 25, "v": 10}
"""Owner, admin, operator, half an operator, a voice."""
SPEAK_WHERE_MODERATED = 10


@frozen
class Change:
    """`mode` is set or taken away."""

    is_set: bool
    mode: str
    argument: str = ""


def changes(features: Features, modes: str, arguments: list[str]) -> Iterator[Change]:
    """What a MODE says; which modes have an argument depends on the server."""
    is_set, left = True, list(arguments)
    always = (*features.ranks, *features.list_modes, *features.parameter_modes)
    for letter in modes:
        if letter in "+-":
            is_set = letter == "+"
            continue
        takes = letter in always or (is_set and letter in features.set_modes)
        yield Change(is_set, letter, left.pop(0) if takes and left else "")


def levels(channel: Channel, own: Set[str] = frozenset()) -> Levels:
    """Of everybody but ourselves: our person is named by the framework."""
    return Levels(
        users={
            id: level_of(member.ranks)
            for id, member in channel.members.items()
            if member.ranks and id not in own
        },
        speak=SPEAK_WHERE_MODERATED if "m" in channel.modes else 0,
        change=LEVELS["o"] if "t" in channel.modes else 0,
    )


def level_of(ranks: set[str]) -> int:
    return max((LEVELS.get(rank, 0) for rank in ranks), default=0)


def rank_for(level: int, features: Features) -> str | None:
    """The highest rank of the server that the level reaches."""
    reached = [mode for mode in features.ranks if LEVELS.get(mode, 101) <= level]
    return max(reached, key=LEVELS.__getitem__, default=None)


def to_reach(
    channel: Channel, wanted: Mapping[str, int], features: Features
) -> Iterator[tuple[str, str]]:
    """Modes, such as ("+o", "bob"), after which people have these levels."""
    for id, level in wanted.items():
        member = channel.members.get(id)
        if member is None:
            continue
        rank = rank_for(level, features)
        for gone in sorted(member.ranks - {rank}):
            if gone in LEVELS:
                yield f"-{gone}", member.nick
        if rank and rank not in member.ranks:
            yield f"+{rank}", member.nick
