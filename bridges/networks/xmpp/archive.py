"""What the server has kept (XEP-0313): of an account, or of a room."""

from secrets import token_hex
from xml.etree.ElementTree import Element

from attrs import define, field

from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stanzas import Wrapped, unwrap
from bridges.networks.xmpp.stream import Stream
from bridges.networks.xmpp.writing import archive_query

PAGE = 100


@define
class Found:
    """In the order in which it was said. `first` asks for what goes before."""

    messages: list[Wrapped]
    first: str = ""
    last: str = ""
    is_whole: bool = True


@define(eq=False)
class Archive:
    _stream: Stream
    _open: dict[str, list[Wrapped]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._stream.archived = self._add

    def _add(self, stanza: Element) -> bool:
        """Nobody else knows the name of a question of ours."""
        wrapped = unwrap(stanza, self._stream.own)
        if wrapped is None or wrapped.query not in self._open:
            return False
        self._open[wrapped.query].append(wrapped)
        return True

    async def ask(
        self,
        of: str,
        *,
        after: str = "",
        before: str | None = None,
        other: str = "",
        limit: int = PAGE,
    ) -> Found:
        """`of` is a room, or empty for the own account, with `other` the only one in it."""
        query = token_hex(8)
        self._open[query] = []
        try:
            payload = archive_query(query, limit, after=after, before=before, other=other)
            answer = await self._stream.ask("set", of, payload)
            return found(answer, self._open[query])
        finally:
            del self._open[query]


def found(answer: Element, messages: list[Wrapped]) -> Found:
    end = answer.find(tag(names.MAM, "fin"))
    if end is None:
        return Found(messages)
    page = end.find(tag(names.RSM, "set"))
    first = page.findtext(tag(names.RSM, "first")) if page is not None else ""
    last = page.findtext(tag(names.RSM, "last")) if page is not None else ""
    return Found(messages, first or "", last or "", end.get("complete") == "true")
