"""All that speaks with Telegram for one bot."""

from attrs import frozen

from bridges.kit.network import Bridge
from bridges.networks.telegram.chats import Chats
from bridges.networks.telegram.journal import Journal
from bridges.networks.telegram.polls import Polls
from bridges.networks.telegram.reactions import Reactions
from bridges.networks.telegram.rights import Rights
from bridges.networks.telegram.settings import TelegramSettings
from bridges.networks.telegram.wire import Wire


@frozen
class Line:
    wire: Wire
    chats: Chats
    journal: Journal
    polls: Polls
    reactions: Reactions
    rights: Rights

    @classmethod
    def over(cls, wire: Wire, bridge: Bridge, bot_id: int, settings: TelegramSettings) -> "Line":
        chats = Chats(wire, bridge, bot_id)
        journal = Journal(wire, bridge, chats, settings.recall_s)
        polls, reactions, rights = Polls(bridge), Reactions(wire), Rights(wire, bot_id)
        return cls(wire, chats, journal, polls, reactions, rights)
