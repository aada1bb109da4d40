"""Setting a bridge up from another program: `describe` what it wants to know, then `create` it.

Both speak JSON, so that the program needs to know no network.
"""

import json
import pkgutil
from pathlib import Path
from typing import Any

import yaml
from attrs import AttrsInstance, asdict, evolve, fields, frozen

from bridges import networks
from bridges.app import load_network, package_of
from bridges.kit.settings import from_texts, questions
from bridges.private_files import write_private
from bridges.settings import Answers, Settings, WrongSettings, read, sample


@frozen
class NoSettings:
    """Of a network that wants to know nothing."""


def names() -> list[str]:
    """Of the networks that come with this project."""
    return sorted(it.name for it in pkgutil.iter_modules(networks.__path__) if it.ispkg)


def described(network: str) -> dict[str, Any]:
    asked = [asdict(it) for it in questions(settings_of(network))]
    return {"network": network, "settings": asked}


def settings_of(network: str) -> type[AttrsInstance]:
    """The class that the package of the network names `SETTINGS`, if it has any."""
    kind = getattr(package_of(network), "SETTINGS", NoSettings)
    assert isinstance(kind, type)
    return kind


def create(text: str, config: Path) -> dict[str, Any]:
    """Writes the settings file; returns the registrations. `text`: `Answers` as JSON."""
    answers = understood(text)
    try:
        given = from_texts(settings_of(answers.network), as_texts(answers.network_settings))
    except ValueError as error:
        raise WrongSettings(str(error)) from error
    load_network(answers.network, given)
    write_private(config, sample(evolve(answers, network_settings=given)))
    return registrations(read(config))


def understood(text: str) -> Answers:
    try:
        return Answers(**json.loads(text))
    except (ValueError, TypeError) as error:
        known = ", ".join(it.name for it in fields(Answers))
        raise WrongSettings(f"Answers are an object of JSON with {known}: {error}") from error


def as_texts(given: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in dict(given).items()}


def registrations(settings: Settings) -> dict[str, Any]:
    """As the homeserver reads them: YAML."""
    return {
        "registration": in_yaml(settings.registration()),
        "double_puppets": in_yaml(settings.puppets_registration()),
    }


def in_yaml(registration: dict[str, Any]) -> str:
    return str(yaml.safe_dump(registration, sort_keys=False))
