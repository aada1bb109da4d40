"""How a setting is declared: its default, what it means, and the form its value is written in."""

from collections.abc import Callable
from typing import Any

import attrs
from attrs import frozen


@frozen
class Form:
    """How a value is written: `read` raises ValueError with a reason, `show` is its reverse."""

    name: str
    read: Callable[[Any], Any]
    show: Callable[[Any], Any] = str


def setting(default: Any, meaning: str, *, example: Any = None) -> Any:
    """A setting with a default; `example` is shown where the default says too little."""
    return attrs.field(default=default, metadata={"meaning": meaning, "example": example})


def required(meaning: str, *, secret: bool = False) -> dict[str, Any]:
    """Metadata of a setting that has no default."""
    return {"meaning": meaning, "example": None, "secret": secret}


def secret(meaning: str) -> Any:
    """A text that nobody may see; NAME_path names a file that holds it."""
    return attrs.field(default=None, repr=False, metadata=required(meaning, secret=True))


def section(kind: type[Any]) -> Any:
    """Settings that belong together; what the class says of itself is their heading."""
    return setting(kind(), kind.__doc__ or "")


def is_secret(field: "attrs.Attribute[Any]") -> bool:
    return bool(field.metadata.get("secret"))
