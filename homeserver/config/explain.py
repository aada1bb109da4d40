"""What each setting means, its default, its present value and where that came from."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
from attrs import Attribute, frozen

from homeserver.config.document import find
from homeserver.config.fields import is_secret
from homeserver.config.load import Loaded, hints
from homeserver.config.settings import Settings
from homeserver.config.values import form_of, sections_of, without_none

_NAMES = {bool: "true or false", int: "number", float: "number", str: "text", Path: "path"}


@frozen
class Entry:
    """A setting in words. `depth` counts the sections around it; a section has `is_section`."""

    key: str
    meaning: str
    form: str
    default: Any
    example: Any
    required: bool
    secret: bool
    is_section: bool

    @property
    def depth(self) -> int:
        return self.key.count(".")

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]


def entries(kind: type = Settings, prefix: str = "", default: Any = None) -> Iterator[Entry]:
    """Every setting, in the order in which the classes declare them.

    Inside a list, keys read `listeners[].port`; of several engines all settings are named.
    """
    for name, field in attrs.fields_dict(kind).items():
        value = getattr(default, name) if type(default) is kind else field.default
        yield from _of_field(field, hints(kind)[name], prefix + name, value)


def _of_field(field: "Attribute[Any]", kind: Any, key: str, default: Any) -> Iterator[Entry]:
    inner = _sections_inside(kind)
    is_list = get_origin(without_none(kind)) is tuple
    yield Entry(
        key=key,
        meaning=field.metadata["meaning"],
        form=_form_name(kind),
        default=None if default is attrs.NOTHING else shown(default, kind),
        example=field.metadata["example"],
        required=default is attrs.NOTHING,
        secret=is_secret(field),
        is_section=bool(inner) and not is_list and default is not None,
    )
    by_key: dict[str, Entry] = {}
    for section in inner:
        for entry in entries(section, f"{key}[]." if is_list else f"{key}.", default):
            first = by_key.setdefault(entry.key, entry)
            if first.form != entry.form:
                by_key[entry.key] = attrs.evolve(first, form=f"{first.form} or {entry.form}")
    yield from by_key.values()


def _sections_inside(kind: Any) -> list[type]:
    kind = without_none(kind)
    return sections_of(get_args(kind)[0] if get_origin(kind) is tuple else kind)


def _form_name(kind: Any) -> str:
    kind = without_none(kind)
    if form := form_of(kind):
        return form.name
    if sections_of(kind):
        return "section"
    if get_origin(kind) is tuple:
        return f"list of {_form_name(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return "keys and values"
    return _NAMES.get(kind) or "one of " * (len(get_args(kind)) > 1) + ", ".join(get_args(kind))


def shown(value: Any, kind: Any) -> Any:
    """A value as one would write it in the file."""
    kind = without_none(kind)
    if value is None:
        return None
    if form := form_of(kind):
        return form.show(value)
    if isinstance(value, tuple):
        return [shown(item, get_args(kind)[0]) for item in value]
    if attrs.has(type(value)):
        return {
            name: "(secret)" if is_secret(field) else shown(inner, hints(type(value))[name])
            for name, field in attrs.fields_dict(type(value)).items()
            if (inner := getattr(value, name)) is not None
        }
    return str(value) if isinstance(value, Path | IPv4Network | IPv6Network) else value


@frozen
class Present:
    """What a setting is now, and where that was written."""

    value: Any
    source: str


def present(loaded: Loaded, entry: Entry) -> Present | None:
    """None for what a list or the other engine would hold."""
    path = tuple(entry.key.split("."))
    value: Any = loaded.settings
    kind: Any = Settings
    for name in path:
        if not attrs.has(type(value)) or name not in attrs.fields_dict(type(value)):
            return None
        kind, value = hints(type(value))[name], getattr(value, name)
    place = find(loaded.tree, path) or find(loaded.tree, (*path[:-1], f"{path[-1]}_path"))
    source = str(place) if place else "default"
    if entry.secret and value is not None:
        return Present("(secret)", source)
    return Present(shown(value, kind), source)
