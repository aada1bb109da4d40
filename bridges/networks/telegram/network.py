"""Telegram's doors: a bot's token, or an account of one's own; and where Telegram calls."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import aiohttp

from bridges.kit.failures import BadCredentials, Fatal, Rejected, Transient
from bridges.kit.network import (
    Bridge,
    Field,
    Flow,
    Host,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.web import Web, host_of
from bridges.kit.webhooks import Answer, Request, Route
from bridges.networks.telegram.names import name_of
from bridges.networks.telegram.session import BotSession, Surroundings
from bridges.networks.telegram.settings import TelegramSettings
from bridges.networks.telegram.user.account import Account, Mtproto
from bridges.networks.telegram.user.logins import PHONE, SCAN, log_in
from bridges.networks.telegram.user.session import UserSession
from bridges.networks.telegram.wire import Wire

TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}")
PRIVACY = (
    "In groups, {name} sees only commands and answers to itself: turn privacy off at @BotFather "
    "(/setprivacy), or make it an administrator; then bring it into the group anew."
)


NO_LIBRARY = (
    "For accounts of people's own the bridge needs api_id and api_hash from my.telegram.org in its "
    "network_settings."
)
BOT = Flow("bot", "A bot, with its token from @BotFather")


class Telegram(Network):
    info = NetworkInfo("telegram", "Telegram", "!telegram", "https://telegram.org")
    flows: ClassVar[tuple[Flow, ...]] = (BOT, PHONE, SCAN)
    session_class: ClassVar[type[Session]] = BotSession
    more_sessions: ClassVar[Mapping[str, type[Session]]] = {"own account": UserSession}

    def __init__(self, settings: TelegramSettings, mtproto: Mtproto | None = None) -> None:
        self.settings = settings
        self._mtproto = mtproto
        self._host: Host | None = None
        self._http: aiohttp.ClientSession | None = None
        self._sessions: dict[str, BotSession] = {}

    async def start(self, host: Host) -> None:
        self._host = host

    async def stop(self) -> None:
        if self._http is not None:
            await self._http.close()

    def routes(self) -> Sequence[Route]:
        return (Route("{bot}", self._called),)

    async def _called(self, request: Request) -> Answer:
        session = self._sessions.get(request.path.rpartition("/")[2])
        return await session.visits.receive(request) if session else Answer(404)

    def _wire(self, token: str) -> Wire:
        if self._http is None or self._http.closed:
            # Answers come as they are needed: cookies would only mix bots up.
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        trusted = frozenset((host_of(self.settings.api),))
        return Wire(Web("Telegram", self._http, trusted), self.settings.api, token)

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        if flow == BOT:
            return await self._bot(screen)
        if self._mtproto is None:
            raise Rejected(NO_LIBRARY)
        return await log_in(self._mtproto, flow, screen)

    async def _bot(self, screen: LoginScreen) -> Login:
        token = await screen.ask(
            Field(
                "token",
                "The bot's token, which @BotFather has given you?",
                secret=True,
                kind="password",
                pattern=TOKEN.pattern,
            )
        )
        if not TOKEN.fullmatch(token.strip()):
            raise Rejected("A token looks like 123456:ABC-DEF, and comes from @BotFather.")
        wire = self._wire(token.strip())
        try:
            bot = await wire.call("getMe")
        except BadCredentials as error:
            raise Rejected("Telegram knows no bot with that token.") from error
        except Transient as error:
            raise Rejected(str(error)) from error
        if not bot.get("can_read_all_group_messages"):
            await screen.note(PRIVACY.format(name=name_of(bot)))
        return Login(str(bot["id"]), name_of(bot), {"token": token.strip()})

    def session(self, login: Login, bridge: Bridge) -> Session:
        if (secret := login.secrets.get("session")) is None:
            return self.bot_session(login, bridge)
        shows_stories = self.settings.stories
        return UserSession(login, partial(self._account, secret), bridge, shows_stories)

    def _account(self, session: str) -> Account:
        if self._mtproto is None:
            raise Fatal(NO_LIBRARY)
        return self._mtproto.account(session)

    def bot_session(self, login: Login, bridge: Bridge) -> BotSession:
        webhook = ""
        if self.settings.webhook and self._host is not None:
            webhook = self._host.webhook(login.id)
        wire = self._wire(login.secrets["token"])
        session = BotSession(login, Surroundings(self.settings, wire, bridge, webhook))
        self._sessions[login.id] = session
        return session
