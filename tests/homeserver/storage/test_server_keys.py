"""Keys of other servers and silent servers, on either database."""

from homeserver.storage import destinations, server_keys
from homeserver.storage.destinations import Silence
from homeserver.storage.server_keys import DocumentRow, KeyRow
from tests.outcomes import outcome
from tests.people import Server


def document(valid_until_ts: int, server: str = "a.example") -> DocumentRow:
    return DocumentRow(server, f'{{"until":{valid_until_ts}}}', valid_until_ts, 5)


def test_the_latest_word_about_a_key_counts(server: Server) -> None:
    db = server.app.database
    first, second = KeyRow(b"\0\1", 10), KeyRow(b"\0\1", 7)
    outcome(db.write(server_keys.save, document(10), {"ed25519:a": first, "ed25519:b": first}))
    outcome(db.write(server_keys.save, document(20), {"ed25519:a": second}))
    outcome(db.write(server_keys.save, document(15), {"ed25519:a": KeyRow(rb"\9", 15)}))

    assert outcome(db.read(server_keys.find, {"a.example", "b.example"})) == {
        ("a.example", "ed25519:a"): second,
        ("a.example", "ed25519:b"): first,
    }
    kept = outcome(db.read(server_keys.documents, ["a.example"]))
    assert [row.valid_until_ts for row in kept] == [20, 10]


def test_documents_that_vouch_for_nothing_any_more_go(server: Server) -> None:
    db = server.app.database
    for valid_until_ts in range(10, 20):
        row = KeyRow(b"key", valid_until_ts)
        outcome(db.write(server_keys.save, document(valid_until_ts), {"ed25519:a": row}))

    kept = outcome(db.read(server_keys.documents, ["a.example"]))
    assert [row.valid_until_ts for row in kept] == [19]


def test_a_server_has_a_bounded_number_of_keys(server: Server) -> None:
    db = server.app.database
    for start in range(0, 600, 100):
        keys = {f"ed25519:{start + number}": KeyRow(b"key", 10) for number in range(100)}
        outcome(db.write(server_keys.save, document(10 + start), keys))
    outcome(db.write(server_keys.save, document(700), {"ed25519:0": KeyRow(b"new", 700)}))

    found = outcome(db.read(server_keys.find, ["a.example"]))
    assert len(found) == server_keys.MAX_KEYS_OF_SERVER
    assert found["a.example", "ed25519:0"].key == b"new"


def test_silence_is_kept_until_it_ends(server: Server) -> None:
    db = server.app.database
    outcome(db.write(destinations.note_silence, "a.example", Silence(1, 2, 3)))
    outcome(db.write(destinations.note_silence, "a.example", Silence(1, 9, 6)))
    outcome(db.write(destinations.note_silence, "b.example", Silence(4, 5, 6)))
    outcome(db.write(destinations.end_silence, "b.example"))

    assert outcome(db.read(destinations.silent)) == {"a.example": Silence(1, 9, 6)}


def test_silences_that_nobody_asks_about_any_more_are_forgotten(server: Server) -> None:
    db = server.app.database
    outcome(db.write(destinations.note_silence, "a.example", Silence(1, 99, 6)))
    outcome(db.write(destinations.note_silence, "b.example", Silence(1, 100, 6)))

    outcome(db.write(destinations.forget_abandoned, 100))

    assert list(outcome(db.read(destinations.silent))) == ["b.example"]
