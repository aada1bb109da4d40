"""What many calls of administrators have in common."""

from homeserver.http.request import Request
from homeserver.json_values import JsonObject, JsonValue

ADMIN = "/_synapse/admin/v1"
PAGE = 100


def backwards_of(request: Request, default: str = "f") -> bool:
    return request.choice("dir", default, ("f", "b")) == "b"


def page_json(name: str, found: list[JsonObject], begin: int, total: int) -> JsonObject:
    """A part of a list; `next_token` is where the next one begins, if there is more."""
    page: dict[str, JsonValue] = {name: found, "total": total}
    if begin + len(found) < total:
        page["next_token"] = str(begin + len(found))
    return page
