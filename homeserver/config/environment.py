"""Environment variables that override settings: ISTHMUS_DATABASE__PATH is `path` in `database`."""

from collections.abc import Mapping as Variables

from homeserver.config.document import Mapping, Place, SettingsError, Tree, parse

PREFIX = "ISTHMUS_"

NOT_SETTINGS = frozenset({"ISTHMUS_CONFIG", "ISTHMUS_VENV"})
"""Variables with our prefix that mean something else."""


def overlay(tree: Mapping, variables: Variables[str, str]) -> None:
    """Put what the variables say over what the file says; their values are YAML, too."""
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            path = name.removeprefix(PREFIX).lower().split("__")
            place = Place(f"the environment variable {name}")
            value = parse(variables[name], place.source, lines=False)
            _put(tree, path, value, place)


def _put(tree: Mapping, path: list[str], value: Tree, place: Place) -> None:
    *parents, last = path
    for key in parents:
        inner = tree.entries.setdefault(key, Mapping({}, {}, place))
        if not isinstance(inner, Mapping):
            raise SettingsError(f"{place}: '{key}' is not a section that holds settings.")
        tree.places.setdefault(key, place)
        tree = inner
    tree.entries[last] = value
    tree.places[last] = place
