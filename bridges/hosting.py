"""The process, as its network sees it."""

from attrs import frozen

from bridges.kit.failures import NetworkFailure
from bridges.matrix.client import MatrixError
from bridges.portals.bridge import Bridge
from bridges.portals.permissions import Level, Permissions
from bridges.webhooks import Webhooks


@frozen
class Hosting:
    _webhooks: Webhooks
    _bridge: Bridge
    _permissions: Permissions

    def webhook(self, path: str) -> str:
        return self._webhooks.webhook(path)

    @property
    def domain(self) -> str:
        return self._bridge.ground.names.domain

    async def welcome(self, user_id: str) -> bool:
        """Strangers cannot make rooms for people that there are not, or who may not use us."""
        if self._permissions.level(user_id) < Level.USER:
            return False
        try:
            if await self._bridge.ground.accounts.profile(user_id) is None:
                return False
            return await self._bridge.entrance.welcome(user_id) is not None
        except (MatrixError, NetworkFailure):
            return False
