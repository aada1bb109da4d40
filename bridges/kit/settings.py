"""Reading the operator's `network_settings` into a class of the network's own."""

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import NOTHING, AttrsInstance, fields

S = TypeVar("S", bound=AttrsInstance)

NUMBER = (int, float)


def understood(name: str, kind: type[S], settings: Mapping[str, object]) -> S:
    """`kind` has fields of plain types. Raises ValueError in words; `name` is the network's."""
    known: dict[str, type] = {one.name: one.type or str for one in fields(kind)}
    if unknown := set(settings) - set(known):
        raise ValueError(f"{name} knows no setting {', '.join(sorted(map(str, unknown)))}.")
    for one in fields(kind):
        if one.default is NOTHING and one.name not in settings:
            raise ValueError(f"{name} needs network_settings with {one.name}.")
    given: dict[str, Any] = {}
    for key, value in settings.items():
        wanted = NUMBER if known[key] is float else known[key]
        if not isinstance(value, wanted) or (isinstance(value, bool) and known[key] is not bool):
            raise ValueError(f"{name}'s setting {key} must be of the type {known[key].__name__}.")
        given[key] = value.rstrip("/") if isinstance(value, str) and "://" in value else value
    return kind(**given)
