"""Searches for people. Spec: Client-Server API, "User Directory"."""

from attrs import frozen

from homeserver.config.accounts import UserDirectory as DirectorySettings
from homeserver.errors import Forbidden
from homeserver.json_values import JsonObject
from homeserver.storage import user_directory
from homeserver.storage.database import Database

DEFAULT_LIMIT = 10
MAX_LIMIT = 50


@frozen
class UserDirectory:
    _db: Database
    _settings: DirectorySettings

    async def search(self, searcher: str, term: str, limit: int) -> JsonObject:
        """Whom the searcher may know: who shares a room, or is in one that is open to all."""
        if not self._settings.enabled:
            raise Forbidden("This server has no search for people.")
        results, limited = await self._db.read(
            user_directory.search,
            searcher,
            term,
            min(limit, MAX_LIMIT),
            self._settings.search_all_users,
        )
        return {"results": results, "limited": limited}
