"""The file with this server's signing key: one line, `ed25519 ID BASE64`."""

import os
from pathlib import Path

from signedjson.key import generate_signing_key, read_signing_keys, write_signing_keys
from signedjson.types import SigningKey

from homeserver.config.document import SettingsError
from homeserver.randomness import system_random, token


def load_or_create(path: Path) -> SigningKey:
    """The first key of the file, which is made when it is absent; raises SettingsError."""
    return load(path) if path.exists() else create(path)


def load(path: Path) -> SigningKey:
    try:
        with path.open() as file:
            keys = read_signing_keys(file)
    except OSError as error:
        raise SettingsError(f"The signing key {path} cannot be read: {error.strerror}.") from None
    except Exception:
        raise SettingsError(f"{path} holds no signing key such as `ed25519 a_1 ...`.") from None
    if not keys:
        raise SettingsError(f"{path} is empty. Restore the signing key, or remove the file.")
    return keys[0]


def create(path: Path) -> SigningKey:
    """Write a new key, for the owner's eyes only; never over another."""
    key = generate_signing_key(f"a_{token(system_random, 6)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        write_signing_keys(file, [key])
        file.flush()
        os.fsync(file.fileno())
    return key
