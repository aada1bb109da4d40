"""Sessions in memory."""

from homeserver.http.requester import Requester
from homeserver.storage.known_sessions import KnownSessions, Session


def session(user_id: str) -> Session:
    return Session(Requester(user_id, "PHONE"))


def test_what_was_put_is_found_until_its_user_is_forgotten() -> None:
    known = KnownSessions()
    alices, bobs = session("@alice:test"), session("@bob:test")
    known.put(b"a1", alices, known.age)
    known.put(b"a2", alices, known.age)
    known.put(b"b", bobs, known.age)

    known.forget("@alice:test")

    assert known.get(b"a1") is None
    assert known.get(b"a2") is None
    assert known.get(b"b") is bobs


def test_what_was_read_before_somebody_was_forgotten_is_not_remembered() -> None:
    known = KnownSessions()
    age = known.age
    known.forget("@alice:test")

    known.put(b"a", session("@alice:test"), age)

    assert known.get(b"a") is None


def test_the_oldest_make_room() -> None:
    known = KnownSessions(limit=2)
    for number in range(5):
        known.put(number, session(f"@user{number}:test"), known.age)

    assert len(known) == 2
    assert known.get(4) is not None
    assert known.get(0) is None
