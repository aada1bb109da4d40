"""The key that proves who this server is, as a file in the usual one-line format."""

import os
from pathlib import Path

from signedjson.key import generate_signing_key, read_signing_keys, write_signing_keys
from signedjson.types import SigningKey

from homeserver.randomness import Random, token


def load_or_make(path: Path, random: Random) -> SigningKey:
    """The first key of the file; a missing file is made, readable only by its owner."""
    if not path.exists():
        make(path, random)
    with path.open() as stream:
        key: SigningKey = read_signing_keys(stream)[0]
    return key


def make(path: Path, random: Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        write_signing_keys(stream, [generate_signing_key("a_" + token(random, 4))])
