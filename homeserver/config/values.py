"""A part of the tree as the type that a setting has."""

import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs
from attrs import frozen

from homeserver.config.document import Mapping, Scalar, Sequence, SettingsError, Tree, plain
from homeserver.config.fields import Form

_WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text (put it in quotes)",
}


def form_of(kind: Any) -> Form | None:
    """The form that an annotated type carries."""
    if get_origin(kind) is Annotated:
        return next((part for part in get_args(kind)[1:] if isinstance(part, Form)), None)
    return None


def is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def without_none(kind: Any) -> Any:
    """`T` for `T | None`; other types as they are."""
    if is_union(kind):
        rest = [arm for arm in get_args(kind) if arm is not type(None)]
        return rest[0] if len(rest) == 1 else kind
    return kind


def sections_of(kind: Any) -> list[type]:
    """The classes of settings that may stand here: one, or several to choose from by `engine`."""
    kind = without_none(kind)
    arms = get_args(kind) if is_union(kind) else (kind,)
    return [arm for arm in arms if isinstance(arm, type) and attrs.has(arm)]


@frozen
class ValueReader:
    """`build` reads a section; `folder` is what relative paths start from."""

    folder: Path
    build: Callable[[list[type], Tree, str], Any]

    def read(self, kind: Any, tree: Tree, key: str) -> Any:
        if isinstance(tree, Scalar) and tree.value is None and type(None) in get_args(kind):
            return None
        kind = without_none(kind)
        if form := form_of(kind):
            return self._formed(form, tree, key)
        if sections := sections_of(kind):
            return self.build(sections, tree, key)
        if get_origin(kind) is None:
            return self._scalar(kind, tree, key)
        return self._generic(kind, tree, key)

    def _generic(self, kind: Any, tree: Tree, key: str) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Literal:
            return self._choice(arguments, tree, key)
        if origin is dict:
            return self._dict(arguments[1], tree, key)
        assert origin is tuple, f"the type of '{key}' is none that settings may have"
        return self._tuple(arguments[0], tree, key)

    def _formed(self, form: Form, tree: Tree, key: str) -> Any:
        value = tree.value if isinstance(tree, Scalar) else None
        try:
            if value is None:
                raise ValueError(f"write one {form.name}")
            return form.read(value)
        except ValueError as error:
            shown = f"{value!r}" if isinstance(tree, Scalar) else "this"
            raise _problem(tree, key, f"{shown} is no {form.name}: {error}") from None

    def _tuple(self, kind: Any, tree: Tree, key: str) -> tuple[Any, ...]:
        if not isinstance(tree, Sequence):
            raise _problem(tree, key, "a list is needed here, such as [first, second]")
        return tuple(
            self.read(kind, item, f"{key}[{index}]") for index, item in enumerate(tree.items)
        )

    def _dict(self, kind: Any, tree: Tree, key: str) -> dict[str, Any]:
        if not isinstance(tree, Mapping):
            raise _problem(tree, key, "keys with values are needed here")
        if kind is Any:
            return {name: plain(inner) for name, inner in tree.entries.items()}
        return {
            name: self.read(kind, inner, f"{key}.{name}") for name, inner in tree.entries.items()
        }

    def _choice(self, choices: tuple[str, ...], tree: Tree, key: str) -> str:
        value = tree.value if isinstance(tree, Scalar) else None
        # YAML reads 12 as a number, and a room version is a text.
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if text not in choices:
            raise _problem(tree, key, f"{value!r} is none of {', '.join(choices)}")
        return str(text)

    def _scalar(self, kind: type, tree: Tree, key: str) -> Any:
        value = tree.value if isinstance(tree, Scalar) else None
        if kind is Path and isinstance(value, str) and value:
            return self.folder / value
        wanted = str if kind is Path else kind
        if type(value) is not wanted or (value == "" and kind is Path):
            raise _problem(tree, key, f"{_WORDS.get(wanted, wanted.__name__)} is needed here")
        return value


def _problem(tree: Tree, key: str, reason: str) -> SettingsError:
    return SettingsError(f"{tree.place}: '{key}': {reason}.")
