"""Reactions on networks where each person has one at a message, and nobody says which it was."""

from collections.abc import AsyncIterator

from bridges.kit.happenings import React, Sender, Unreact
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey


async def one_reaction(
    bridge: Bridge, chat: ChatKey, sender: Sender, target: str, emoji: str
) -> AsyncIterator[React | Unreact]:
    """The one that they have now in place of the one before; an empty one takes it back."""
    place = f"reaction {chat.id} {target} {sender.id}"
    before = await bridge.kept(place)
    if before and before != emoji:
        yield Unreact(chat, sender, target, before)
    if emoji:
        yield React(chat, sender, target, emoji)
    await bridge.keep(place, emoji)
