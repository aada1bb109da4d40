"""Settings of bridges that `isthmus bridge add` sets up."""

from pathlib import Path
from typing import Literal

from attrs import frozen

from homeserver.config.fields import setting


@frozen(kw_only=True)
class Bridges:
    """Bridges to other networks, as `isthmus bridge add` sets them up."""

    directory: Path = setting(
        Path("bridges"), "Where each has a folder with its settings, its registration and its log."
    )
    supervise: bool = setting(
        True,
        "Whether this server starts them, and starts them again when they die. Without this they "
        "are known to it, and you run them yourself.",
    )
    python: Path | None = setting(
        None,
        "The Python in whose environment the bridges are installed, if it is not the server's own.",
        example="/opt/isthmus-bridges/bin/python",
    )
    log_to: Literal["file", "server"] = setting(
        "file",
        "Where what they say goes: `file` for `bridge.log` in their folders, of which four are "
        "kept with 5 MB each; `server` for the log of this server, and with it to journald.",
    )
