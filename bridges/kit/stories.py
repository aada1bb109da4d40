"""Stories: what people show for a while, outside of all chats. Each login has a room for them."""

from bridges.kit.parts import ChatKey

STORIES = "stories"


def stories_of(login_id: str) -> ChatKey:
    """Where a login's stories are shown. No chat of the network: its session is never asked."""
    return ChatKey(STORIES, login_id)


def are_stories(chat: ChatKey) -> bool:
    return chat.id == STORIES and bool(chat.receiver)
