"""The registration file: what makes the bridge known to a homeserver, ours or another."""

import re
from hashlib import sha256
from typing import Any

from attrs import frozen

MAX_ID = 255
CUT = "=="
"""Never stands in what is escaped."""


@frozen
class Names:
    """How the bridge's bot, its ghosts and its aliases are called."""

    domain: str
    prefix: str

    @property
    def bot(self) -> str:
        return f"@{self.prefix}bot:{self.domain}"

    def ghost(self, remote_id: str) -> str:
        end = f":{self.domain}"
        return fitting(f"@{self.prefix}_{escaped(remote_id)}", MAX_ID - len(end)) + end

    def remote_of(self, user_id: str) -> str | None:
        """Whose ghost that is, where the name was not too long to tell."""
        start, end = f"@{self.prefix}_", f":{self.domain}"
        if not user_id.startswith(start) or not user_id.endswith(end) or CUT in user_id:
            return None
        return unescaped(user_id[len(start) : -len(end)])

    def alias(self, *parts: str) -> str:
        """The local part of a portal's alias."""
        room = MAX_ID - len(f"#:{self.domain}")
        return fitting(f"{self.prefix}_{'_'.join(map(escaped, parts))}", room)

    def is_ours(self, user_id: str) -> bool:
        return user_id == self.bot or (
            user_id.startswith(f"@{self.prefix}_") and user_id.endswith(f":{self.domain}")
        )


def fitting(name: str, room: int) -> str:
    """A name that is too long, by its beginning and its hash."""
    if len(name) <= room:
        return name
    digest = sha256(name.encode()).hexdigest()[:32]
    return f"{name[: room - len(CUT) - len(digest)]}{CUT}{digest}"


def escaped(text: str) -> str:
    """In letters that a user id may hold; no two texts become the same."""
    return re.sub(
        r"[^a-z0-9.\-]",
        lambda found: "".join(f"={it:02x}" for it in found[0].encode(errors="replace")),
        text,
    )


def unescaped(text: str) -> str:
    """What was escaped; anything else stays as it is."""
    return re.sub(
        r"(?:=[0-9a-f]{2})+",
        lambda found: bytes.fromhex(found[0].replace("=", "")).decode(errors="replace"),
        text,
    )


def registration(names: Names, address: str, as_token: str, hs_token: str) -> dict[str, Any]:
    def pattern(sigil: str) -> list[dict[str, object]]:
        return [
            {
                "exclusive": True,
                "regex": f"{sigil}{re.escape(names.prefix)}_.*:{re.escape(names.domain)}",
            }
        ]

    return {
        "id": f"isthmus-{names.prefix}",
        "url": address,
        "as_token": as_token,
        "hs_token": hs_token,
        "sender_localpart": f"{names.prefix}bot",
        "rate_limited": False,
        "receive_ephemeral": True,
        "org.matrix.msc3202": True,
        "io.element.msc4190": True,
        "de.sorunome.msc2409.push_ephemeral": True,
        "namespaces": {"users": pattern("@"), "aliases": pattern("#"), "rooms": []},
    }


def puppets_registration(names: Names, as_token: str, hs_token: str) -> dict[str, Any]:
    """A second one, to speak for people of the homeserver in their own name ("double puppets").

    Without a `url`: the homeserver does not send us what happens around all its people.
    """
    everybody = {"exclusive": False, "regex": f"@.*:{re.escape(names.domain)}"}
    return {
        "id": f"isthmus-{names.prefix}-puppets",
        "url": None,
        "as_token": as_token,
        "hs_token": hs_token,
        "sender_localpart": f"{names.prefix}_puppets",
        "rate_limited": False,
        "io.element.msc4190": True,
        "namespaces": {"users": [everybody], "aliases": [], "rooms": []},
    }
