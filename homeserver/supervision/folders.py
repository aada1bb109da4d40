"""Where bridges live: one folder each, under the directory of the settings."""

import re
from pathlib import Path

from attrs import frozen

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")

CONTROL = "control.sock"
"""Where the server hears what the command line wants."""


@frozen
class Folder:
    """Of one bridge. Its registration makes it one that the homeserver knows."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def config(self) -> Path:
        return self.path / "bridge.yaml"

    @property
    def registration(self) -> Path:
        return self.path / "registration.yaml"

    @property
    def puppets(self) -> Path:
        """A second registration: to speak for people of this server in their own name."""
        return self.path / "double-puppets.yaml"

    @property
    def database(self) -> Path:
        return self.path / "bridge.db"

    @property
    def log(self) -> Path:
        return self.path / "bridge.log"


def folders(directory: Path) -> list[Folder]:
    """Of all bridges that are set up."""
    if not directory.is_dir():
        return []
    found = (Folder(path) for path in sorted(directory.iterdir()) if NAME.fullmatch(path.name))
    return [folder for folder in found if folder.registration.is_file()]
