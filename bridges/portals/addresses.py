"""Who is who: ids of people on the network as ids of Matrix users, and back."""

import re
from urllib.parse import unquote

from attrs import evolve, frozen

from bridges.kit.parts import Span, Text
from bridges.matrix.registration import Names
from bridges.portals.sessions import Running, Sessions

LINK = re.compile(r"https://matrix\.to/#/(@[^?/]+)|matrix:u/([^?/]+)")
MAX_MENTIONS = 50


@frozen
class Addresses:
    _names: Names
    _sessions: Sessions

    def on_matrix(self, remote_id: str) -> str:
        """The person of a login is on Matrix themselves; others are ghosts."""
        for running in self._sessions.all():
            if me(running) == remote_id:
                return running.login.user_id
        return self._names.ghost(remote_id)

    def on_network(self, user_id: str) -> str | None:
        """None for somebody who is only on Matrix."""
        if (remote_id := self._names.remote_of(user_id)) is not None:
            return remote_id
        return next((me(it) for it in self._sessions.of_user(user_id)), None)

    def for_matrix(self, text: Text) -> tuple[Text, list[str]]:
        """Users of spans by their Matrix ids, which are also those to be told."""
        spans = tuple(
            evolve(it, argument=self.on_matrix(it.argument)) if it.kind == "user" else it
            for it in text.spans
        )
        named = dict.fromkeys(it.argument for it in spans if it.kind == "user")
        return evolve(text, spans=spans), list(named)[:MAX_MENTIONS]

    def for_network(self, text: Text) -> Text:
        """Links to users as users; those who are only on Matrix go by their name."""
        return evolve(text, spans=tuple(it for one in text.spans for it in self._resolved(one)))

    def _resolved(self, span: Span) -> list[Span]:
        found = LINK.fullmatch(span.argument) if span.kind == "link" else None
        if found is None:
            return [span]
        user_id = unquote(found[1] or f"@{found[2]}")
        remote_id = self.on_network(user_id)
        return [] if remote_id is None else [evolve(span, kind="user", argument=remote_id)]

    def mentioned(self, content: dict[str, object]) -> tuple[str, ...]:
        """Those whom a message is to call, as the network knows them."""
        mentions = content.get("m.mentions")
        named = mentions.get("user_ids") if isinstance(mentions, dict) else None
        named = named[:MAX_MENTIONS] if isinstance(named, list) else []
        known = [self.on_network(it) for it in named if isinstance(it, str)]
        return tuple(dict.fromkeys(it for it in known if it is not None))[:MAX_MENTIONS]


def me(running: Running) -> str:
    return running.session.me or running.login.login_id
