"""Accounts: listed, looked at, made and changed."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN, PAGE, backwards_of, page_json
from homeserver.errors import BadJson, InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.response import Response, json_response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.account_listing import ORDERS, AccountListing, AccountSearch, Listed
from homeserver.users.administration import (
    AVATAR_URL,
    DISPLAYNAME,
    Account,
    AccountWish,
    Administration,
)
from homeserver.users.identities import EMAIL, ExternalId, MailAddress

MAX_ID = 1000
V2, V3 = "/_synapse/admin/v2", "/_synapse/admin/v3"
FLAGS = {"admin": "is_admin", "locked": "is_locked", "suspended": "is_suspended"}


@frozen(eq=False)
class AccountEndpoints:
    _listing: AccountListing
    _administration: Administration

    @route("GET", V2 + "/users", access=Access.ADMIN)
    async def listed(self, request: Request) -> JsonObject:
        """Deactivated accounts are left out, or shown among the others."""
        flags = {} if request.boolean("deactivated") else {"is_deactivated": False}
        return await self._page(request, flags)

    @route("GET", V3 + "/users", access=Access.ADMIN)
    async def listed_strictly(self, request: Request) -> JsonObject:
        """Deactivated accounts only, or none of them, or all accounts."""
        return await self._page(request, chosen(request, deactivated="is_deactivated"))

    @route("GET", V2 + "/users/{user_id}", access=Access.ADMIN)
    async def one(self, request: Request, user_id: str) -> JsonObject:
        return await self._shown(user_id)

    @route("PUT", V2 + "/users/{user_id}", access=Access.ADMIN)
    async def set(self, request: Request, user_id: str) -> Response:
        wish = wish_in(request.json_object())
        is_new = await self._administration.set(request.user_id, user_id, wish)
        return json_response(await self._shown(user_id), 201 if is_new else 200)

    @route("GET", ADMIN + "/username_available", access=Access.ADMIN)
    async def is_free(self, request: Request) -> JsonObject:
        await self._administration.check_free(request.required_text("username"))
        return {"available": True}

    @route("GET", ADMIN + "/threepid/{medium}/users/{address}", access=Access.ADMIN)
    async def by_address(self, request: Request, medium: str, address: str) -> JsonObject:
        return {"user_id": await self._administration.identities.by_address(medium, address)}

    @route("GET", ADMIN + "/auth_providers/{provider}/users/{external_id}", access=Access.ADMIN)
    async def by_external_id(self, request: Request, provider: str, external_id: str) -> JsonObject:
        it = ExternalId(provider.replace("\0", ""), external_id.replace("\0", ""))
        return {"user_id": await self._administration.identities.by_external_id(it)}

    async def _page(self, request: Request, flags: dict[str, bool]) -> JsonObject:
        flags |= chosen(request, admins="is_admin")
        if not request.boolean("guests", True):
            flags["is_guest"] = False
        if not request.boolean("locked"):
            flags["is_locked"] = False
        begin = request.integer("from", 0)
        search = AccountSearch(
            flags=flags,
            name=request.text("name"),
            user_id=request.text("user_id"),
            not_types=frozenset(it or None for it in request.parameters.get("not_user_type", ())),
            order_by=request.choice("order_by", "name", tuple(ORDERS)),
            backwards=backwards_of(request),
            begin=begin,
            limit=request.integer("limit", PAGE, maximum=1000),
        )
        found, total = await self._listing.page(search)
        return page_json("users", [listed_json(it) for it in found], begin, total)

    async def _shown(self, user_id: str) -> JsonObject:
        account = await self._administration.find(user_id)
        profile = await self._administration.profile(user_id)
        known = await self._administration.identities.of_user(user_id)
        return {**account_json(account, profile), **identities_json(*known)}


def chosen(request: Request, **names: str) -> dict[str, bool]:
    """Flags by what the query says of them, if it does."""
    return {
        flag: request.boolean(name)
        for name, flag in names.items()
        if request.optional_text(name) is not None
    }


def wish_in(body: JsonObject) -> AccountWish:
    flags = {flag: field(body, name, bool) for name, flag in FLAGS.items() if name in body}
    if "user_type" in body:
        flags["user_type"] = field(body, "user_type", str, None)
    texts = (DISPLAYNAME, AVATAR_URL)
    return AccountWish(
        password=field(body, "password", str, None),
        log_out=field(body, "logout_devices", bool, True),
        profile={name: field(body, name, str, None) or "" for name in texts if name in body},
        flags=flags,
        deactivated=field(body, "deactivated", bool, None),
        addresses=addresses_in(body) if "threepids" in body else None,
        external_ids=external_ids_in(body) if "external_ids" in body else None,
    )


def addresses_in(body: JsonObject) -> list[str]:
    found = []
    for it in objects_in(body, "threepids"):
        if field(it, "medium", str) != EMAIL:
            raise InvalidParam("This server keeps addresses of e-mail only.")
        found.append(field(it, "address", str))
    return found


def external_ids_in(body: JsonObject) -> list[ExternalId]:
    found = objects_in(body, "external_ids")
    ids = [
        ExternalId(field(it, "auth_provider", str), field(it, "external_id", str)) for it in found
    ]
    if any("\0" in it.provider + it.id or len(it.provider + it.id) > MAX_ID for it in ids):
        raise InvalidParam("This is not a usable external id.")
    return ids


def objects_in(body: JsonObject, name: str) -> list[JsonObject]:
    found = field(body, name, list, None) or []
    if not all(isinstance(it, dict) for it in found):
        raise BadJson(f"'{name}' must be an array of objects.")
    return found


def identities_json(addresses: list[MailAddress], ids: list[ExternalId]) -> JsonObject:
    return {
        "threepids": [
            {
                "medium": EMAIL,
                "address": it.address,
                "added_at": it.added_ts,
                "validated_at": it.validated_ts,
            }
            for it in addresses
        ],
        "external_ids": [{"auth_provider": it.provider, "external_id": it.id} for it in ids],
    }


def account_json(account: Account, profile: JsonObject) -> JsonObject:
    return {
        "name": account.user_id,
        "displayname": profile.get(DISPLAYNAME),
        "avatar_url": profile.get(AVATAR_URL),
        "is_guest": account.is_guest,
        "admin": account.is_admin,
        "deactivated": account.is_deactivated,
        "erased": account.is_erased,
        "shadow_banned": account.is_shadow_banned,
        "locked": account.is_locked,
        "suspended": account.is_suspended,
        "creation_ts": account.created_ts // 1000,
        "appservice_id": account.appservice or None,
        "consent_server_notice_sent": None,
        "consent_version": None,
        "consent_ts": None,
        "user_type": account.user_type,
    }


def listed_json(it: Listed) -> JsonObject:
    return {
        "name": it.user_id,
        "is_guest": it.is_guest,
        "admin": it.is_admin,
        "user_type": it.user_type,
        "deactivated": it.is_deactivated,
        "erased": it.is_erased,
        "shadow_banned": it.is_shadow_banned,
        "locked": it.is_locked,
        "suspended": it.is_suspended,
        "displayname": it.display_name,
        "avatar_url": it.avatar_url,
        "creation_ts": it.created_ts,
        "last_seen_ts": it.last_seen_ts,
    }
