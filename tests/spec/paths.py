"""From a request's path to the specification's path template."""

from attrs import define, field

ALIASES = (
    ("/_matrix/client/r0/", "/_matrix/client/v3/"),
    ("/_matrix/client/unstable/", "/_matrix/client/v3/"),
    ("/_matrix/media/r0/", "/_matrix/media/v3/"),
    ("/_matrix/media/v1/", "/_matrix/media/v3/"),
)
"""Names under which clients still call what is stable today."""


@define
class _Node:
    children: dict[str, "_Node"] = field(factory=dict)
    parameter: "_Node | None" = None
    template: str | None = None


@define
class PathTemplates:
    _root: _Node = field(factory=_Node)

    def add(self, template: str) -> None:
        node = self._root
        for segment in _segments(template):
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.children.setdefault(segment, _Node())
        node.template = template

    def find(self, path: str) -> str | None:
        """The template of a path as it is sent, its segments still percent-encoded."""
        path = path.partition("?")[0]
        found = _find(self._root, _segments(path))
        for alias, name in ALIASES:
            if found is None and path.startswith(alias):
                found = _find(self._root, _segments(name + path.removeprefix(alias)))
        return found


def _segments(path: str) -> list[str]:
    return path.split("/")[1:]


def _find(node: _Node, segments: list[str]) -> str | None:
    """Literal names go before parameters; only the last segment may be left out or empty."""
    if not segments:
        last = node.children.get("") or node.parameter
        return node.template or (last.template if last else None)
    first, *others = segments
    for child in (node.children.get(first), node.parameter if first or not others else None):
        if child is not None and (found := _find(child, others)):
            return found
    return node.template if segments == [""] else None
