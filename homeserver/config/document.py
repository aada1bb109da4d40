"""YAML as a tree whose every part knows the line it stands on."""

from typing import Any

import yaml
from attrs import define, frozen

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20


@frozen
class Place:
    """Where something was written: a line of a file, or an environment variable."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}" if self.line else self.source


class SettingsError(Exception):
    """What is wrong with the settings, one sentence each, with its place."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@frozen
class Scalar:
    value: Any
    place: Place


@frozen
class Sequence:
    items: "tuple[Tree, ...]"
    place: Place


@define
class Mapping:
    """`places` are those of the keys."""

    entries: "dict[str, Tree]"
    places: dict[str, Place]
    place: Place


Tree = Scalar | Sequence | Mapping


class _Loader(yaml.SafeLoader):
    """Without anchors, which can unfold a small file into a huge one, and not deep."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="references (*) are refused", problem_mark=mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def parse(text: str, source: str, *, lines: bool = True) -> Tree:
    """Read YAML; `lines=False` for what stands in one line anyway, such as a variable."""
    if len(text) > MAX_BYTES:
        raise SettingsError(f"{source} is larger than {MAX_BYTES // 1024} KiB.")
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Mapping({}, {}, Place(source))
        return _Reader(loader, source, lines).tree(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark and lines else 0
        place = Place(source, line)
        raise SettingsError(f"{place}: this is not valid YAML: {error.problem}.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(f"{source} is not valid YAML: {error}.") from None


@frozen
class _Reader:
    _loader: _Loader
    _source: str
    _lines: bool

    def tree(self, node: yaml.Node) -> Tree:
        place = self._place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(map(self.tree, node.value)), place)
        return Scalar(self._loader.construct_object(node), place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> Mapping:
        mapping = Mapping({}, {}, place)
        for key_node, value_node in node.value:
            key, key_place = str(key_node.value), self._place(key_node)
            if key in mapping.entries:
                first = mapping.places[key].line
                raise SettingsError(f"{key_place}: '{key}' stands here again, after line {first}.")
            mapping.entries[key] = self.tree(value_node)
            mapping.places[key] = key_place
        return mapping

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._source, node.start_mark.line + 1 if self._lines else 0)


def plain(tree: Tree) -> Any:
    """The values without their places."""
    if isinstance(tree, Mapping):
        return {key: plain(value) for key, value in tree.entries.items()}
    if isinstance(tree, Sequence):
        return [plain(item) for item in tree.items]
    return tree.value


def find(tree: Tree, path: tuple[str, ...]) -> Place | None:
    """Where the value at `path` was written, if it was."""
    place = None
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree.entries:
            return None
        place, tree = tree.places[key], tree.entries[key]
    return place
