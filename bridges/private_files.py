"""Files that hold tokens."""

import os
from pathlib import Path

from bridges.settings import WrongSettings


def write_private(path: Path, text: str) -> None:
    """Only for its owner, and never in the place of a file that is there."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except FileExistsError as error:
        raise WrongSettings(f"{path} is there already.") from error
