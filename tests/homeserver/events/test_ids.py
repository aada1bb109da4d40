import pytest

from homeserver.events import ids

HASH = "Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ"
SERVER_NAMES = [
    "matrix.org",
    "matrix.org:8888",
    "1.2.3.4",
    "1.2.3.4:1234",
    "[1234:5678::abcd]",
    "[1234:5678::abcd]:5678",
    "localhost",
    "MATRIX.org",
    "xn--nmb-ula.example",
]
NO_SERVER_NAMES = [
    "",
    "matrix.org:",
    "matrix.org:port",
    "matrix.org:123456",
    "1.2.3.256",
    "[1.2.3.4]",
    "[::1",
    "[:::]",
    "::1",
    "a b",
    "under_score",
    "a/b",
    "matrix.org\n",
    "ümlaut.example",
    "a" * 256,
]


@pytest.mark.parametrize("name", SERVER_NAMES)
def test_server_names(name: str) -> None:
    assert ids.is_server_name(name)
    assert ids.is_user_id(f"@alice:{name}")


@pytest.mark.parametrize("name", NO_SERVER_NAMES)
def test_what_is_no_server_name_makes_no_user_id(name: str) -> None:
    assert not ids.is_server_name(name)
    assert not ids.is_user_id(f"@alice:{name}")


# A user id; whether events may hold it, other answers may, new users may get it.
USER_IDS = [
    ("@alice:one.example", True, True, True),
    ("@a.b_c=d-e/f+0:one.example:8448", True, True, True),
    ("@Alice:one.example", True, True, False),
    ("@al!ce:one.example", True, True, False),
    ("@älice:one.example", True, False, False),
    ("@al ice:one.example", True, False, False),
    ("@:one.example", True, False, False),
    ("@al\0ice:one.example", False, False, False),
    ("alice:one.example", False, False, False),
    ("@alice", False, False, False),
    ("@alice:", False, False, False),
    ("#alice:one.example", False, False, False),
    ("", False, False, False),
    ("@" + "a" * 242 + ":one.example", True, True, True),
    ("@" + "a" * 243 + ":one.example", False, False, False),
    ("@" + "ä" * 122 + ":one.example", False, False, False),
]


@pytest.mark.parametrize(("user_id", "historic", "compliant", "new"), USER_IDS)
def test_user_ids(user_id: str, historic: bool, compliant: bool, new: bool) -> None:
    assert ids.is_user_id(user_id) == historic
    assert ids.is_compliant_user_id(user_id) == compliant
    assert ids.is_new_user_id(user_id) == new


def test_a_room_id_is_a_name_with_domain_or_a_hash() -> None:
    assert ids.is_room_id_with_domain("!opaque:one.example")
    assert ids.is_room_id_of_hash("!" + HASH)
    assert ids.is_room_id("!opaque:one.example")
    assert ids.is_room_id("!" + HASH)
    for wrong in ("!opaque", HASH, "!" + HASH + "x", "$" + HASH, "!" + HASH[:-1] + "/", "!a:b c"):
        assert not ids.is_room_id(wrong)


def test_an_event_id_is_a_name_with_domain_or_a_hash_of_either_alphabet() -> None:
    for right in ("$opaque:one.example", "$" + HASH, "$" + HASH.replace("-", "/")):
        assert ids.is_event_id(right)
    for wrong in ("$opaque", HASH, "!" + HASH, "$" + HASH + "="):
        assert not ids.is_event_id(wrong)


def test_aliases() -> None:
    assert ids.is_room_alias("#räume und häuser:one.example")
    assert not ids.is_room_alias("#no-domain")
    assert not ids.is_room_alias("!room:one.example")


def test_namespaced_identifiers() -> None:
    assert ids.is_namespaced_identifier("org.example.some-thing_1")
    for wrong in ("", "1a", "Org.example", "a b", "a" * 256):
        assert not ids.is_namespaced_identifier(wrong)


def test_the_parts_of_an_id() -> None:
    assert ids.localpart_of("@alice:one.example:8448") == "alice"
    assert ids.domain_of("@alice:one.example:8448") == "one.example:8448"
    assert ids.domain_of("!" + HASH) == ""
