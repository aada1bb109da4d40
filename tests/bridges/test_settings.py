"""A settings file is written privately, read back, and mistakes are told in a sentence."""

import stat
from pathlib import Path

import pytest

from bridges.portals.permissions import Level
from bridges.private_files import write_private
from bridges.settings import Answers, Secrecy, WrongSettings, read, sample


def written(path: Path, *changes: tuple[str, str]) -> Path:
    text = sample(Answers("echo", "localhost"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


def test_the_sample_is_a_bridge_that_the_homeserver_takes(tmp_path: Path) -> None:
    settings = read(written(tmp_path / "bridge.yaml"))

    registration = settings.registration()
    assert registration["sender_localpart"] == "echobot"
    assert registration["url"] == "http://127.0.0.1:29330"
    assert registration["namespaces"]["users"][0]["regex"] == "@echo_.*:localhost"
    assert settings.permissions.level("@alice:localhost") == Level.USER
    assert settings.permissions.level("@alice:elsewhere") == Level.RELAY
    assert settings.as_token not in repr(settings)


def test_each_sample_has_tokens_of_its_own_and_is_private(tmp_path: Path) -> None:
    first, second = (read(written(tmp_path / f"{it}.yaml")) for it in "ab")
    tokens = [(it.as_token, it.hs_token, it.puppets_token) for it in (first, second)]
    assert len({*tokens[0], *tokens[1]}) == 6

    path = tmp_path / "private.yaml"
    write_private(path, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(WrongSettings, match="there already"):
        write_private(path, "another")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("network: echo\n", "nothing: echo\n"), "network"),
        (("localhost: user", "localhost: king"), "KING"),
        (("127.0.0.1:29330", "here"), "bridge.yaml"),
        (("network: echo", "network: ["), "cannot be read"),
        (("encryption: follow", "encryption: sometimes"), "sometimes"),
        (("store_secret: ", "store_secret: short\nother: "), "store_secret"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(WrongSettings, match=said):
        read(written(tmp_path / "bridge.yaml", change))


def test_a_file_from_before_encryption_means_none(tmp_path: Path) -> None:
    changes = (("encryption: follow\n", ""), ("store_secret: ", "unknown: "))
    assert read(written(tmp_path / "old.yaml", *changes)).encryption is Secrecy.OFF
    off = read(written(tmp_path / "off.yaml", ("encryption: follow", "encryption: off")))
    assert off.encryption is Secrecy.OFF
    assert off.store_secret not in repr(off)
