"""Spec: Client-Server API, "Server-side key backups"."""

from attrs import frozen

from homeserver.devices.key_backups import Backup, Chosen, KeyBackups, read_backup
from homeserver.devices.room_keys import NewKeys, read_key, read_rooms, read_sessions
from homeserver.errors import InvalidParam, NotFound
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject

MAX_BODY = 8 * 1024 * 1024


@frozen(eq=False)
class KeyBackupEndpoints:
    _backups: KeyBackups

    @route("POST", "/v3/room_keys/version")
    @route("POST", "/unstable/room_keys/version")
    async def create(self, request: Request) -> JsonObject:
        algorithm, auth_data = read_backup(request.json_object())
        return {"version": await self._backups.create(request.user_id, algorithm, auth_data)}

    @route("GET", "/v3/room_keys/version")
    @route("GET", "/unstable/room_keys/version")
    async def current(self, request: Request) -> JsonObject:
        return backup_json(await self._backups.find(request.user_id))

    @route("GET", "/v3/room_keys/version/{version}")
    @route("GET", "/unstable/room_keys/version/{version}")
    async def version(self, request: Request, version: str) -> JsonObject:
        return backup_json(await self._backups.find(request.user_id, version))

    @route("PUT", "/v3/room_keys/version/{version}")
    @route("PUT", "/unstable/room_keys/version/{version}")
    async def update(self, request: Request, version: str) -> JsonObject:
        body = request.json_object()
        if field(body, "version", str, version) != version:
            raise InvalidParam("'version' is not the version in the path.")
        algorithm, auth_data = read_backup(body)
        await self._backups.update(request.user_id, version, algorithm, auth_data)
        return {}

    @route("DELETE", "/v3/room_keys/version/{version}")
    @route("DELETE", "/unstable/room_keys/version/{version}")
    async def delete(self, request: Request, version: str) -> JsonObject:
        await self._backups.delete(request.user_id, version)
        return {}


@frozen(eq=False)
class BackedUpKeyEndpoints:
    _backups: KeyBackups

    # -- all keys

    @route("PUT", "/v3/room_keys/keys", max_body=MAX_BODY)
    @route("PUT", "/unstable/room_keys/keys", max_body=MAX_BODY)
    async def store_all(self, request: Request) -> JsonObject:
        return await self._store(request, read_rooms(request.json_object()))

    @route("GET", "/v3/room_keys/keys")
    @route("GET", "/unstable/room_keys/keys")
    async def get_all(self, request: Request) -> JsonObject:
        found = await self._backups.keys(request.user_id, chosen(request))
        return {"rooms": {room: {"sessions": sessions} for room, sessions in found.items()}}

    @route("DELETE", "/v3/room_keys/keys")
    @route("DELETE", "/unstable/room_keys/keys")
    async def delete_all(self, request: Request) -> JsonObject:
        return await self._delete(request, chosen(request))

    # -- those of one room

    @route("PUT", "/v3/room_keys/keys/{room_id}", max_body=MAX_BODY)
    @route("PUT", "/unstable/room_keys/keys/{room_id}", max_body=MAX_BODY)
    async def store_room(self, request: Request, room_id: str) -> JsonObject:
        return await self._store(request, read_sessions(room_id, request.json_object()))

    @route("GET", "/v3/room_keys/keys/{room_id}")
    @route("GET", "/unstable/room_keys/keys/{room_id}")
    async def get_room(self, request: Request, room_id: str) -> JsonObject:
        found = await self._backups.keys(request.user_id, chosen(request, room_id))
        return {"sessions": found.get(room_id, {})}

    @route("DELETE", "/v3/room_keys/keys/{room_id}")
    @route("DELETE", "/unstable/room_keys/keys/{room_id}")
    async def delete_room(self, request: Request, room_id: str) -> JsonObject:
        return await self._delete(request, chosen(request, room_id))

    # -- that of one session

    @route("PUT", "/v3/room_keys/keys/{room_id}/{session_id}")
    @route("PUT", "/unstable/room_keys/keys/{room_id}/{session_id}")
    async def store_session(self, request: Request, room_id: str, session_id: str) -> JsonObject:
        key = read_key(room_id, session_id, request.json_object())
        return await self._store(request, {(room_id, session_id): key})

    @route("GET", "/v3/room_keys/keys/{room_id}/{session_id}")
    @route("GET", "/unstable/room_keys/keys/{room_id}/{session_id}")
    async def get_session(self, request: Request, room_id: str, session_id: str) -> JsonObject:
        keys = await self._backups.keys(request.user_id, chosen(request, room_id, session_id))
        key: JsonObject | None = keys.get(room_id, {}).get(session_id)
        if key is None:
            raise NotFound("The backup has no key of this session.")
        return key

    @route("DELETE", "/v3/room_keys/keys/{room_id}/{session_id}")
    @route("DELETE", "/unstable/room_keys/keys/{room_id}/{session_id}")
    async def delete_session(self, request: Request, room_id: str, session_id: str) -> JsonObject:
        return await self._delete(request, chosen(request, room_id, session_id))

    # -- inside

    async def _store(self, request: Request, keys: NewKeys) -> JsonObject:
        version = request.required_text("version")
        return (await self._backups.store(request.user_id, version, keys)).json()

    async def _delete(self, request: Request, keys: Chosen) -> JsonObject:
        return (await self._backups.delete_keys(request.user_id, keys)).json()


def chosen(request: Request, room_id: str | None = None, session_id: str | None = None) -> Chosen:
    return Chosen(request.required_text("version"), room_id, session_id)


def backup_json(backup: Backup) -> JsonObject:
    return {
        "version": str(backup.version),
        "algorithm": backup.algorithm,
        "auth_data": backup.auth_data,
        "count": backup.count,
        "etag": str(backup.etag),
    }
