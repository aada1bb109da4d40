from pathlib import Path
from random import Random

import pytest

from homeserver.events.signatures import key_id
from homeserver.peers.retired_keys import BadRetiredKeys, load, place_of, rotate
from homeserver.signing_key import load_or_make


def test_a_rotation_makes_a_key_and_notes_the_old_one(tmp_path: Path) -> None:
    path, random = tmp_path / "signing.key", Random(1).randbytes
    first = load_or_make(path, random)

    second_id = rotate(path, random, 1000)
    third_id = rotate(path, random, 2000)

    assert key_id(load_or_make(path, random)) == third_id
    retired = load(path)
    assert {id: key.expired_ts for id, key in retired.items()} == {
        key_id(first): 1000,
        second_id: 2000,
    }
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["{", "[]", '{"a": {}}', '{"a": {"key": "AA", "expired_ts": 1}}'])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "signing.key"
    place_of(path).write_text(text)
    with pytest.raises(BadRetiredKeys, match=r"signing\.key"):
        load(path)


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert load(tmp_path / "signing.key") == {}
