"""Files: listed, looked at, protected, deleted; and what they take."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN, PAGE, backwards_of, page_json
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.media.inventory import ORDERS, USAGE_ORDERS, Inventory, Item, Page, Usage
from homeserver.users.administration import Administration

OF_USER = ADMIN + "/users/{user_id}/media"


@frozen(eq=False)
class AdminMediaEndpoints:
    _inventory: Inventory
    _administration: Administration

    @route("GET", OF_USER, access=Access.ADMIN)
    async def listed(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        wanted = page_of(request)
        found, total = await self._inventory.of_user(user_id, wanted)
        return page_json("media", [item_json(item) for item in found], wanted.begin, total)

    @route("DELETE", OF_USER, access=Access.ADMIN)
    async def delete_of_user(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        gone = await self._inventory.delete_of_user(user_id, page_of(request))
        return {"deleted_media": gone, "total": len(gone)}

    @route("GET", ADMIN + "/media/{origin}/{media_id}", access=Access.ADMIN)
    async def one(self, request: Request, origin: str, media_id: str) -> JsonObject:
        item = await self._inventory.one(origin, media_id)
        more = {"media_origin": item.media.origin, "user_id": item.media.user_id}
        return {"media_info": {**item_json(item), **more}}

    @route("DELETE", ADMIN + "/media/{origin}/{media_id}", access=Access.ADMIN)
    async def delete(self, request: Request, origin: str, media_id: str) -> JsonObject:
        await self._inventory.delete(origin, media_id)
        return {"deleted_media": [media_id], "total": 1}

    @route("POST", ADMIN + "/media/protect/{media_id}", access=Access.ADMIN)
    async def protect(self, request: Request, media_id: str) -> JsonObject:
        await self._inventory.protect(media_id, True)
        return {}

    @route("POST", ADMIN + "/media/unprotect/{media_id}", access=Access.ADMIN)
    async def unprotect(self, request: Request, media_id: str) -> JsonObject:
        await self._inventory.protect(media_id, False)
        return {}

    @route("GET", ADMIN + "/statistics/users/media", access=Access.ADMIN)
    async def usage(self, request: Request) -> JsonObject:
        wanted = Page(
            order_by=request.choice("order_by", "user_id", tuple(USAGE_ORDERS)),
            backwards=backwards_of(request),
            begin=request.integer("from", 0),
            limit=request.integer("limit", PAGE, maximum=1000),
        )
        times = request.integer("from_ts", 0), request.integer("until_ts", 2**53 - 1)
        found, total = await self._inventory.usage(request.text("search_term"), times, wanted)
        return page_json("users", [usage_json(it) for it in found], wanted.begin, total)


def page_of(request: Request) -> Page:
    """Newest first, unless another order is wanted."""
    ordered = request.optional_text("order_by") is not None
    return Page(
        order_by=request.choice("order_by", "created_ts", tuple(ORDERS)),
        backwards=backwards_of(request, "f" if ordered else "b"),
        begin=request.integer("from", 0),
        limit=request.integer("limit", PAGE, maximum=1000),
    )


def item_json(item: Item) -> JsonObject:
    it = item.media
    return {
        "media_id": it.media_id,
        "media_type": it.content_type,
        "media_length": it.size,
        "upload_name": it.file_name,
        "created_ts": it.created_ts,
        "last_access_ts": it.asked_ts or it.used_ts,
        "quarantined_by": item.quarantined_by,
        "safe_from_quarantine": item.is_protected,
    }


def usage_json(it: Usage) -> JsonObject:
    return {
        "user_id": it.user_id,
        "displayname": it.display_name,
        "media_count": it.count,
        "media_length": it.length,
    }
