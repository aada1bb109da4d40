"""The operator's `network_settings`: a class of the network's own, which also says what to ask."""

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import NOTHING, AttrsInstance, field, fields, frozen

S = TypeVar("S", bound=AttrsInstance)

NUMBER = (int, float)
MEANT = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


@frozen
class Question:
    """A setting for whoever sets a bridge up. Without a default it must be answered.

    `is_asked`: others than those are found on the network's page.
    """

    name: str
    question: str
    kind: str
    default: object
    is_secret: bool
    is_asked: bool


def asked(question: str, default: Any = NOTHING, *, is_secret: bool = False) -> Any:
    """A field of a network's settings for which `isthmus bridge add` asks."""
    metadata = {"question": question, "is_secret": is_secret}
    return field(default=default, repr=not is_secret, metadata=metadata)


def questions(kind: type[AttrsInstance]) -> list[Question]:
    return [
        Question(
            one.name,
            str(one.metadata.get("question", one.name)),
            (one.type or str).__name__,
            None if one.default is NOTHING else one.default,
            not one.repr,
            "question" in one.metadata or one.default is NOTHING,
        )
        for one in fields(kind)
    ]


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


def from_texts(kind: type[AttrsInstance], texts: Mapping[str, str]) -> dict[str, object]:
    """As somebody typed them; unknown names are left as they are. Raises ValueError in words."""
    known: dict[str, type] = {one.name: one.type or str for one in fields(kind)}
    return {name: from_text(name, known.get(name, str), text) for name, text in texts.items()}


def from_text(name: str, kind: type, text: str) -> object:
    try:
        return MEANT[text.casefold()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        wanted = "yes or no" if kind is bool else f"of the type {kind.__name__}"
        raise ValueError(f"{name} must be {wanted}, not {text!r}.") from error
