"""Whom a search for people can find."""

from unicodedata import category, normalize

from orjson import Fragment

from homeserver.events.ids import localpart_of
from homeserver.json_values import JsonObject, encode
from homeserver.storage import names
from homeserver.storage.transaction import Transaction

MAX_WORDS = 16
"""Of a search; of a name more count, but not without end."""
MAX_NAME_WORDS = 64

# A user shares a room with who searches, or is in a room that is open to all.
_VISIBLE = """
    AND EXISTS (
        SELECT 1 FROM names
        JOIN memberships AS theirs ON theirs.user_id = names.id AND theirs.membership = 'join'
        WHERE names.name = user_directory.user_id AND (
            EXISTS (
                SELECT 1 FROM memberships AS mine
                WHERE mine.user_id = ? AND mine.room = theirs.room AND mine.membership = 'join'
            )
            OR EXISTS (SELECT 1 FROM open_rooms WHERE open_rooms.room = theirs.room)
        )
    )
"""


def save(txn: Transaction, user_id: str, displayname: object, avatar_url: object) -> None:
    """Make a user known, one of ours by the profile, another's by the newest member event."""
    shown: JsonObject = {"user_id": user_id}
    if isinstance(displayname, str) and displayname:
        shown["display_name"] = displayname
    if isinstance(avatar_url, str) and avatar_url:
        shown["avatar_url"] = avatar_url
    txn.insert(
        """
        INSERT INTO user_directory (user_id, words, shown) VALUES (?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET words = excluded.words, shown = excluded.shown
        """,
        user_id,
        _searchable(user_id, shown.get("display_name", "")),
        encode(shown).decode(),
    )


def remove(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM user_directory WHERE user_id = ?", user_id)


def set_open(txn: Transaction, room: int, is_open: bool) -> None:
    """Say whether anybody may enter or read a room."""
    if is_open:
        txn.insert("INSERT INTO open_rooms (room) VALUES (?) ON CONFLICT DO NOTHING", room)
    else:
        txn.insert("DELETE FROM open_rooms WHERE room = ?", room)


def search(
    txn: Transaction, searcher: str, term: str, limit: int, everybody: bool
) -> tuple[list[Fragment], bool]:
    """The users whose name or id has words that begin so, best first; are there more?"""
    words = _words(term)[:MAX_WORDS]
    if not words:
        return [], False
    conditions = " AND ".join("words LIKE ? ESCAPE '!'" for _ in words)
    visible = () if everybody else (names.find(txn, searcher) or 0,)
    rows = txn.query(
        f"""
        SELECT shown FROM user_directory
        WHERE user_id <> ? AND {conditions} {"" if everybody else _VISIBLE}
        ORDER BY CASE WHEN words LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, LENGTH(words), user_id
        LIMIT ?
        """,
        searcher,
        *(_pattern(word) for word in words),
        *visible,
        f"% {_escaped(words[0])} %",
        limit + 1,
    )
    return [Fragment(shown) for (shown,) in rows[:limit]], len(rows) > limit


def _searchable(user_id: str, displayname: str) -> str:
    """Every word with a space on both sides: ids whole, with and without @, and in parts."""
    parts = localpart_of(user_id).translate(str.maketrans("._=-/+", "      "))
    words = [
        *_words(displayname)[:MAX_NAME_WORDS],
        *_words(f"{user_id} {user_id[1:]} {localpart_of(user_id)} {parts}"),
    ]
    return f" {' '.join(dict.fromkeys(words))} "


def _words(text: str) -> list[str]:
    """Without accents, case and what cannot be seen."""
    decomposed = normalize("NFKD", text[:1000]).casefold()
    return "".join(
        " " if character.isspace() else character
        for character in decomposed
        if character.isspace() or category(character)[0] not in "CM"
    ).split()


def _pattern(word: str) -> str:
    """Words begin so. Scripts that put no space between words are searched everywhere."""
    return f"%{' ' if word.isascii() else ''}{_escaped(word)}%"


def _escaped(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
