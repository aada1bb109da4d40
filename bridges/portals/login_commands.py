"""Commands about logins."""

import asyncio

from attrs import define, field

from bridges.kit.failures import NetworkFailure
from bridges.kit.network import Flow
from bridges.portals.entrance import Entrance
from bridges.portals.ground import Ground
from bridges.portals.replies import Deed, Deeds, Replies, Said
from bridges.portals.screens import ChatScreen
from bridges.portals.sessions import Sessions
from bridges.portals.succession import Succession


@define(eq=False)
class LoginCommands:
    _ground: Ground
    _sessions: Sessions
    _replies: Replies
    _entrance: Entrance
    _succession: Succession
    _under_way: dict[str, tuple[ChatScreen, asyncio.Task[None]]] = field(factory=dict)

    def deeds(self) -> Deeds:
        flows = ", ".join(f"`{it.id}` ({it.name})" for it in self._ground.network.flows)
        return {
            "login": Deed(f"login [how]: log in by {flows}", self._login),
            "cancel": Deed("cancel: stop logging in", self._cancel),
            "logins": Deed("logins: your logins, and how they are", self._list),
            "logout": Deed("logout [NAME]: end a login", self._logout),
        }

    async def stop(self) -> None:
        for _, task in self._under_way.values():
            task.cancel()

    async def welcome(self, user_id: str) -> None:
        """Where nobody needs to be asked anything."""
        await self._entrance.welcome(user_id)

    async def answers(self, said: Said) -> bool:
        """Whether these words answer a question of a login."""
        screen, _ = self._under_way.get(said.user_id, (None, None))
        if screen is None or not screen.is_asking() or said.words == ["cancel"]:
            return False
        await screen.receive(said)
        return True

    async def _login(self, said: Said) -> None:
        flow = self._entrance.flow(said.rest)
        if flow is None:
            await self._replies.reply(said, f"There is no way `{said.rest}` to log in.")
            return
        self._stop_login(said.user_id)
        screen = ChatScreen(self._ground, self._replies, said)
        task = asyncio.create_task(self._log_in(said.user_id, flow, screen))
        self._under_way[said.user_id] = (screen, task)

    async def _log_in(self, user_id: str, flow: Flow, screen: ChatScreen) -> None:
        try:
            running = await self._entrance.log_in(user_id, flow, screen)
            await screen.note(f"You are logged in as {running.login.name}.")
        except NetworkFailure as error:
            await screen.note(str(error))
        finally:
            if self._under_way.get(user_id, (None,))[0] is screen:
                del self._under_way[user_id]
        await screen.close()

    def _stop_login(self, user_id: str) -> bool:
        if user_id not in self._under_way:
            return False
        self._under_way.pop(user_id)[1].cancel()
        return True

    async def _cancel(self, said: Said) -> None:
        stopped = self._stop_login(said.user_id)
        await self._replies.reply(said, "Stopped." if stopped else "There is nothing to stop.")

    async def _list(self, said: Said) -> None:
        mine = [f"{it.login.name}: {it.state}" for it in self._sessions.of_user(said.user_id)]
        await self._replies.reply(said, "\n".join(mine) or "You are not logged in.")

    async def _logout(self, said: Said) -> None:
        for running in self._sessions.of_user(said.user_id):
            if said.rest in ("", running.login.name, running.login.login_id):
                await self._succession.log_out(running)
                await self._replies.reply(said, f"{running.login.name} is logged out.")
                return
        await self._replies.reply(said, "You have no such login.")
