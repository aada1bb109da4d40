"""What may be a nick, and what a channel."""

import re

from bridges.kit.chats import Person

NICK = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,29}")
NO_LETTER_OF_NICKS = re.compile(r"[^A-Za-z0-9\[\]\\`_^{|}-]")
MAX_NAME = 16
CHANNEL = re.compile(r"[#&+!][^ ,\x00-\x1f]{1,63}")


def guest_nick(person: Person, pattern: str) -> str:
    """Of somebody without a login, as much of their name as a nick may hold."""
    localpart = person.id[1:].partition(":")[0]
    names = (NO_LETTER_OF_NICKS.sub("", it) for it in (person.name, localpart))
    name = next((it for it in names if it.strip("_-")), "guest")[:MAX_NAME]
    nick = pattern.replace("{name}", name)
    return nick if NICK.fullmatch(nick) else f"_{nick}"[:30]
