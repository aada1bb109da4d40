"""Management rooms, and what people may ask there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from secrets import token_hex
from typing import Any

import segno
from attrs import define, field, frozen

from bridges.kit import abilities
from bridges.kit.failures import NetworkFailure
from bridges.kit.network import QR, Address, Code, Field, Shown
from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.portals.permissions import Level, Permissions
from bridges.portals.rooms import PortalRooms
from bridges.portals.sessions import Running, Sessions
from bridges.storage import places
from bridges.storage.places import StoredLogin

log = logging.getLogger(__name__)
JsonObject = dict[str, Any]
DIRECTORY_SHOWN = 30
LOGIN_S = 600
NO_ANSWER = "-"


@frozen
class Said:
    """A command as it was said."""

    room_id: str
    event_id: str
    user_id: str
    words: list[str]


@define(eq=False)
class ChatScreen:
    """Asks in a room; the next message of the user is the answer."""

    _commands: "Commands"
    _said: Said
    answer: asyncio.Future[str] | None = None
    is_secret: bool = False

    async def ask(self, field: Field) -> str:
        self.answer = asyncio.get_running_loop().create_future()
        self.is_secret = field.secret
        hint = "" if field.default is None else f" (`{NO_ANSWER}` for {field.default or 'none'})"
        await self.note(field.question + hint)
        answer = await self.answer
        self.answer = None
        return field.default if answer == NO_ANSWER and field.default is not None else answer

    async def choose(self, question: str, options: Mapping[str, str]) -> str:
        lines = "\n".join(f"`{id}`: {name}" for id, name in options.items())
        while (answer := await self.ask(Field("choice", f"{question}\n{lines}"))) not in options:
            await self.note("That is none of them.")
        return answer

    async def show(self, what: Shown, text: str) -> None:
        match what:
            case QR(data=data):
                await self._commands.show_picture(self._said, data, text)
            case Code(text=shown) | Address(url=shown):
                await self.note(f"{text}\n{shown}")

    async def note(self, text: str) -> None:
        await self._commands.reply(self._said, text, token_hex(8))


@define(eq=False)
class Commands:
    _ground: Ground
    _sessions: Sessions
    _portals: PortalRooms
    _permissions: Permissions
    _logins: dict[str, tuple[ChatScreen, asyncio.Task[None]]] = field(factory=dict)

    async def stop(self) -> None:
        for _, task in self._logins.values():
            task.cancel()

    async def handle(self, event: JsonObject) -> None:
        """An event of a room that is no portal, or one that begins with our prefix."""
        try:
            if event["type"] == "m.room.member":
                await self._member(event)
            elif event["type"] == "m.room.message" and event["content"].get("msgtype") == "m.text":
                await self._message(event)
        except MatrixError as error:
            log.warning("A command is left alone: %s", error)

    async def _member(self, event: JsonObject) -> None:
        if event.get("state_key") != self._ground.names.bot:
            return
        if event["content"].get("membership") != "invite":
            return
        room_id, user_id = event["room_id"], event["sender"]
        if self._permissions.level(user_id) < Level.USER:
            await self._ground.rooms.leave(room_id, None)
            return
        await self._ground.rooms.join(room_id)
        await self._ground.db.write(places.save_management_room, room_id, user_id)
        said = Said(room_id, event["event_id"], user_id, [])
        info = self._ground.network.info
        await self.reply(said, f"This is the bridge to {info.name}. Say `help` or `login`.")

    async def _message(self, event: JsonObject) -> None:
        room_id, user_id = event["room_id"], event["sender"]
        words = str(event["content"].get("body", "")).split()
        prefix = self._ground.network.info.command_prefix
        is_ours = await self._ground.db.write(places.is_management_room, room_id)
        if words[:1] == [prefix]:
            words = words[1:]
        elif not is_ours:
            return
        if self._permissions.level(user_id) < Level.USER or not words:
            return
        said = Said(room_id, event["event_id"], user_id, words)
        if await self._answers(said):
            return
        command = self._all().get(words[0].casefold())
        if command is None:
            await self.reply(said, "I do not know that. Say `help`.")
            return
        try:
            await command(said)
        except NetworkFailure as error:
            await self.reply(said, str(error))
        except MatrixError as error:
            log.warning("A command fails: %s", error)
            await self.reply(said, f"The homeserver refuses that: {error}")

    def _all(self) -> dict[str, Callable[[Said], Awaitable[None]]]:
        return {
            "help": self._help,
            "login": self._login,
            "cancel": self._cancel,
            "logins": self._list,
            "logout": self._logout,
            "open": self._open,
            "leave": self._leave,
            "directory": self._directory,
        }

    async def reply(self, said: Said, text: str, unique: str = "") -> None:
        content = {"msgtype": "m.notice", "body": text}
        transaction = f"reply.{said.event_id}.{unique}"
        await self._ground.rooms.send(said.room_id, "m.room.message", content, transaction, None)

    async def show_picture(self, said: Said, data: str, text: str) -> None:
        """A QR code."""
        picture = BytesIO()
        segno.make(data, micro=False).save(picture, kind="png", scale=8)
        uri = await self._ground.accounts.upload(picture.getvalue(), "image/png", "qr.png")
        content = {"msgtype": "m.image", "body": text, "filename": "qr.png", "url": uri}
        transaction = f"qr.{token_hex(8)}"
        await self._ground.rooms.send(said.room_id, "m.room.message", content, transaction, None)

    async def _help(self, said: Said) -> None:
        flows = ", ".join(f"`{it.id}` ({it.name})" for it in self._ground.network.flows)
        await self.reply(
            said,
            f"login [how]: log in by {flows}\n"
            "cancel: stop logging in\nlogins: your logins\nlogout NAME: end one\n"
            "open NAME: join a chat, or begin one\nleave: in a portal, leave its chat\n"
            "directory [words]: look for chats",
        )

    async def _login(self, said: Said) -> None:
        wanted = said.words[1] if len(said.words) > 1 else self._ground.network.flows[0].id
        flow = next((it for it in self._ground.network.flows if it.id == wanted), None)
        if flow is None:
            await self.reply(said, f"There is no way `{wanted}` to log in.")
            return
        screen = ChatScreen(self, said)

        async def log_in() -> None:
            try:
                async with asyncio.timeout(LOGIN_S):
                    login = await self._ground.network.login(flow, screen)
                stored = StoredLogin(login.id, said.user_id, login.name, login.secrets)
                if await self._ground.db.write(places.save_login, stored):
                    self._sessions.begin(stored)
                    await screen.note(f"You are logged in as {login.name}.")
                else:
                    await screen.note("That account belongs to somebody else here.")
            except TimeoutError:
                await screen.note("That took too long. Say `login` to begin anew.")
            except NetworkFailure as error:
                await screen.note(str(error))
            finally:
                self._logins.pop(said.user_id, None)

        self._stop_login(said.user_id)
        self._logins[said.user_id] = (screen, asyncio.create_task(log_in()))

    def _stop_login(self, user_id: str) -> bool:
        if user_id not in self._logins:
            return False
        self._logins.pop(user_id)[1].cancel()
        return True

    async def _answers(self, said: Said) -> bool:
        """Whether these words answer a question of a login."""
        screen = self._logins[said.user_id][0] if said.user_id in self._logins else None
        if screen is None or screen.answer is None or said.words == ["cancel"]:
            return False
        if screen.is_secret and said.words != [NO_ANSWER]:
            await self._remove_secret(said)
        if not screen.answer.done():
            screen.answer.set_result(" ".join(said.words))
        return True

    async def _remove_secret(self, said: Said) -> None:
        transaction = f"secret.{said.event_id}"
        try:
            await self._ground.rooms.redact(said.room_id, said.event_id, transaction, None)
        except MatrixError:
            await self.reply(said, "I may not remove your answer here: please remove it yourself.")

    async def _cancel(self, said: Said) -> None:
        stopped = self._stop_login(said.user_id)
        await self.reply(said, "Stopped." if stopped else "There is nothing to stop.")

    async def _list(self, said: Said) -> None:
        mine = [f"{it.login.name}: {it.state}" for it in self._sessions.of_user(said.user_id)]
        await self.reply(said, "\n".join(mine) or "You are not logged in.")

    async def _logout(self, said: Said) -> None:
        name = " ".join(said.words[1:])
        for running in self._sessions.of_user(said.user_id):
            if name in ("", running.login.name, running.login.login_id):
                await self._sessions.end(running.login.login_id)
                await self.reply(said, f"{running.login.name} is logged out.")
                return
        await self.reply(said, "You have no such login.")

    async def _own(self, said: Said) -> Running | None:
        mine = [it for it in self._sessions.of_user(said.user_id) if not it.is_over]
        if not mine:
            await self.reply(said, "Say `login` first.")
        return mine[0] if mine else None

    async def _open(self, said: Said) -> None:
        running, name = await self._own(said), " ".join(said.words[1:])
        if running is None:
            return
        if not name or not isinstance(running.session, abilities.OpensChats):
            await self.reply(said, "Say what to open: `open NAME`.")
            return
        chat = await running.session.open_chat(name)
        portal = await self._portals.find_or_make(chat, running.login, running.session)
        await self._ground.rooms.invite(portal.room_id, said.user_id)
        await self.reply(said, f"You are invited into the room of {name}.")

    async def _leave(self, said: Said) -> None:
        portal = await self._ground.db.write(places.portal_of_room, said.room_id)
        mine = self._sessions.of_user(said.user_id)
        running = next((it for it in mine if portal and it.login.login_id == portal.login_id), None)
        if portal is None or running is None:
            await self.reply(said, "Say that in a room of yours that is joined to a chat.")
            return
        if isinstance(running.session, abilities.OpensChats):
            await running.session.leave_chat(portal.chat)
        await self.reply(said, "The chat is left; this room is joined to nothing any more.")
        await self._portals.close(portal)

    async def _directory(self, said: Said) -> None:
        running = await self._own(said)
        if running is None:
            return
        if not isinstance(running.session, abilities.LooksAround):
            await self.reply(said, "This network has no directory.")
            return
        found = await running.session.directory(" ".join(said.words[1:]))
        lines = [f"{id}: {it.topic}" for id, it in list(found.items())[:DIRECTORY_SHOWN]]
        await self.reply(said, "\n".join(lines) or "Nothing was found.")
