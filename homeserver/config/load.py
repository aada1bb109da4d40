"""Settings from a file and the environment, strictly: what is unknown or wrong stops the start."""

import difflib
from collections.abc import Mapping as Variables
from pathlib import Path
from typing import Any, get_args, get_type_hints

import attrs
from attrs import Attribute, frozen

from homeserver.config.document import (
    MAX_BYTES,
    Mapping,
    Scalar,
    SettingsError,
    Tree,
    parse,
)
from homeserver.config.environment import overlay
from homeserver.config.fields import is_secret
from homeserver.config.settings import Settings
from homeserver.config.values import ValueReader, sections_of

Fields = dict[str, "Attribute[Any]"]

MAX_SECRET_BYTES = 64 * 1024


@frozen
class Loaded:
    """Settings, and the tree they were read from."""

    settings: Settings
    tree: Mapping


def load(path: Path, variables: Variables[str, str]) -> Loaded:
    """Read the file at `path`; raises SettingsError, which names every problem and its place."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode()
    except OSError as error:
        raise SettingsError(f"The settings cannot be read from {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text.") from None
    return load_text(text, str(path), path.absolute().parent, variables)


def load_text(text: str, source: str, folder: Path, variables: Variables[str, str]) -> Loaded:
    tree = parse(text, source)
    if not isinstance(tree, Mapping):
        raise SettingsError(f"{source}: settings are lines such as `server_name: example.org`.")
    overlay(tree, variables)
    settings = _Builder(folder).build([Settings], tree, "")
    _check_listeners(settings)
    return Loaded(settings, tree)


def hints(kind: type) -> dict[str, Any]:
    """The types of a class's settings, with their forms."""
    return get_type_hints(kind, include_extras=True)


@frozen
class _Builder:
    _folder: Path

    def build(self, kinds: list[type], tree: Tree, key: str, default: Any = None) -> Any:
        """One section; all its problems are collected before they are raised.

        What is not written comes from `default`, or else from the class.
        """
        if not isinstance(tree, Mapping):
            raise SettingsError(f"{tree.place}: '{key}': keys with values are needed here.")
        kind = self._chosen(kinds, tree, key)
        fields = attrs.fields_dict(kind)
        problems = self._unknown(fields, tree, key)
        values: dict[str, Any] = {}
        for name, field in fields.items():
            fallback = getattr(default, name) if type(default) is kind else field.default
            try:
                values[name] = self._value(kind, name, fallback, tree, _join(key, name))
            except SettingsError as error:
                problems += error.problems
        if problems:
            raise SettingsError(*problems)
        return kind(**values)

    def _chosen(self, kinds: list[type], tree: Mapping, key: str) -> type:
        """Of several sections, the one whose `engine` is named; the first when none is."""
        if len(kinds) == 1 or "engine" not in tree.entries:
            return kinds[0]
        by_engine = {get_args(hints(kind)["engine"])[0]: kind for kind in kinds}
        engine = tree.entries["engine"]
        if isinstance(engine, Scalar) and engine.value in by_engine:
            return by_engine[engine.value]
        choices = " or ".join(by_engine)
        raise SettingsError(f"{engine.place}: '{key}.engine' must be {choices}.")

    def _unknown(self, fields: Fields, tree: Mapping, key: str) -> list[str]:
        known = [*fields, *(f"{name}_path" for name, field in fields.items() if is_secret(field))]
        return [
            f"{tree.places[name]}: there is no setting '{_join(key, name)}'.{hint(name, known)}"
            for name in tree.entries
            if name not in known
        ]

    def _value(self, kind: type, name: str, fallback: Any, tree: Mapping, key: str) -> Any:
        secret = is_secret(attrs.fields_dict(kind)[name])
        if secret and f"{name}_path" in tree.entries:
            return self._secret(name, tree, key)
        if name not in tree.entries and fallback is attrs.NOTHING:
            also = f" (or '{key}_path')" if secret else ""
            raise SettingsError(f"{tree.place}: the setting '{key}'{also} is missing.")
        sections = sections_of(hints(kind)[name])
        if name in tree.entries:
            inner = tree.entries[name]
            if isinstance(inner, Scalar) and inner.value is None and fallback is not None:
                # `section:` with nothing below it, as when all its lines are comments.
                inner = Mapping({}, {}, inner.place) if sections else inner
            if sections and isinstance(inner, Mapping):
                return self.build(sections, inner, key, fallback)
            return self._reader().read(hints(kind)[name], inner, key)
        if sections and fallback is not None:
            return self.build([type(fallback)], Mapping({}, {}, tree.place), key, fallback)
        return self._folder / fallback if isinstance(fallback, Path) else fallback

    def _reader(self) -> ValueReader:
        return ValueReader(self._folder, self.build)

    def _secret(self, name: str, tree: Mapping, key: str) -> str:
        place = tree.places[f"{name}_path"]
        if name in tree.entries:
            raise SettingsError(f"{place}: set '{key}' or '{key}_path', not both.")
        path: Path = self._reader().read(Path, tree.entries[f"{name}_path"], f"{key}_path")
        try:
            with path.open("rb") as file:
                value = file.read(MAX_SECRET_BYTES).decode().strip()
        except OSError as error:
            raise SettingsError(f"{place}: {path} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise SettingsError(f"{place}: {path} is not UTF-8 text.") from None
        if not value:
            raise SettingsError(f"{place}: {path} is empty.")
        return value


def _join(section: str, name: str) -> str:
    return f"{section}.{name}" if section else name


def hint(name: str, known: list[str], otherwise: str | None = None) -> str:
    """The nearest right name; or `otherwise`, else all of them."""
    if near := difflib.get_close_matches(name, known, 1, 0.5):
        return f" Did you mean '{near[0]}'?"
    return f" Here there are: {', '.join(known)}." if otherwise is None else otherwise


def _check_listeners(settings: Settings) -> None:
    seen: set[tuple[str, int]] = set()
    for listener in settings.listeners:
        for address in listener.bind_addresses:
            if listener.port and (address, listener.port) in seen:
                raise SettingsError(f"Two listeners want {address} port {listener.port}.")
            seen.add((address, listener.port))
