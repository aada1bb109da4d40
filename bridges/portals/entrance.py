"""Where logins begin, whoever asks the questions: the bot in a chat, or a program over HTTP."""

import asyncio
import logging

from attrs import define

from bridges.kit.failures import NetworkFailure, Rejected
from bridges.kit.network import Flow, Login, LoginScreen
from bridges.portals.ground import Ground
from bridges.portals.sessions import Running, Sessions
from bridges.storage import places
from bridges.storage.places import StoredLogin

log = logging.getLogger(__name__)
LOGIN_S = 600


@define(eq=False)
class Entrance:
    _ground: Ground
    _sessions: Sessions

    def flow(self, id: str) -> Flow | None:
        """Without an id the first one."""
        flows = self._ground.network.flows
        return next((it for it in flows if id in ("", it.id)), None)

    async def log_in(self, user_id: str, flow: Flow, screen: LoginScreen) -> Running:
        """Raises NetworkFailure, which says in words what was wrong."""
        try:
            async with asyncio.timeout(LOGIN_S):
                login = self._ground.network.login_of(user_id)
                login = login or await self._ground.network.login(flow, screen)
        except TimeoutError as error:
            raise Rejected("That took too long. Please begin anew.") from error
        except NetworkFailure:
            raise
        except Exception as error:
            log.exception("A login fails by a mistake of ours")
            raise Rejected("That failed by a mistake of the bridge; its log has more.") from error
        return await self._begin(user_id, login)

    async def welcome(self, user_id: str) -> Running | None:
        """Where everybody has a login without asking for one, it begins unless it runs. `None`:
        the network has no such logins, or the person has none.
        """
        login = self._ground.network.login_of(user_id)
        if login is None:
            return None
        return await self._sessions.running(login.id) or await self._begin(user_id, login)

    async def _begin(self, user_id: str, login: Login) -> Running:
        stored = StoredLogin(login.id, user_id, login.name, login.secrets)
        if not await self._ground.db.write(places.save_login, stored):
            raise Rejected("That account belongs to somebody else here.")
        return self._sessions.begin(stored)
