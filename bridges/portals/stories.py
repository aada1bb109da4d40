"""The room in which a login is shown stories. Nobody answers there, and it keeps quiet."""

import time

from bridges.kit.chats import Chat, Levels
from bridges.kit.failures import Rejected
from bridges.kit.happenings import Message, Story
from bridges.kit.network import Session
from bridges.kit.parts import ChatKey
from bridges.kit.stories import are_stories

ROOM = Chat(
    "Stories",
    "What people show you for a while. Who wants to answer writes to them.",
    "stories",
    levels=Levels(speak=100, change=100),
    has_history=False,
)


async def presented(session: Session, chat: ChatKey) -> Chat:
    return ROOM if are_stories(chat) else await session.chat(chat)


def not_to_stories(chat: ChatKey) -> None:
    """Raises Rejected."""
    if are_stories(chat):
        raise Rejected("Stories cannot be answered here: write to whoever shows them.")


def shown(story: Story) -> Message | None:
    """None: it has been taken away already."""
    left_ms = story.expires_at_ms - int(time.time() * 1000)
    if left_ms <= 0:
        return None
    return Message(
        story.chat,
        story.sender,
        story.id,
        story.parts,
        sent_at_ms=story.sent_at_ms,
        expires_in_ms=left_ms,
    )
