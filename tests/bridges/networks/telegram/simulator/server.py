"""The Bot API over HTTP."""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web
from attrs import define, field

from tests.bridges.networks.telegram.simulator import messages, places
from tests.bridges.networks.telegram.simulator.given import Given, Refusal, given
from tests.bridges.networks.telegram.simulator.world import AT_ONCE, Bot, World

JsonObject = dict[str, Any]

MAX_BODY = 70_000_000
WEBHOOK_S = 5

METHODS: dict[str, Callable[[World, Bot, Given], Any]] = {
    "getMe": lambda world, bot, given: me(bot),
    "sendMessage": messages.send_text,
    "sendLocation": messages.send_location,
    "sendVenue": messages.send_location,
    "sendContact": messages.send_contact,
    "sendPoll": messages.send_poll,
    "stopPoll": messages.stop_poll,
    "editMessageText": messages.edit_text,
    "editMessageCaption": partial(messages.edit_text, slot="caption"),
    "editMessageReplyMarkup": messages.edit_markup,
    "deleteMessage": messages.delete,
    "setMessageReaction": messages.react,
    "pinChatMessage": messages.pin,
    "unpinChatMessage": partial(messages.pin, is_pinned=False),
    "sendChatAction": lambda world, bot, given: bool(messages.chat_of(world, bot, given)),
    "getChat": places.about_chat,
    "getChatAdministrators": places.administrators,
    "getChatMember": places.one_member,
    "setChatTitle": partial(places.change, slot="title"),
    "setChatDescription": partial(places.change, slot="description"),
    "setChatPhoto": places.change_photo,
    "banChatMember": places.ban,
    "unbanChatMember": partial(places.ban, status="left"),
    "promoteChatMember": places.promote,
    "restrictChatMember": places.restrict,
    "readBusinessMessage": lambda world, bot, given: bool(messages.chat_of(world, bot, given)),
    "leaveChat": places.leave,
    "getFile": places.about_file,
    "getCustomEmojiStickers": places.custom_emoji,
    **{
        f"send{''.join(it.capitalize() for it in slot.split('_'))}": partial(
            messages.send_file, slot=slot
        )
        for slot in messages.SLOTS
    },
}


def me(bot: Bot) -> JsonObject:
    return bot.user | {
        "can_join_groups": True,
        "can_read_all_group_messages": bot.reads_all,
        "supports_inline_queries": False,
        "can_connect_to_business": True,
        "has_main_web_app": False,
    }


@define(eq=False)
class Simulator:
    """`answers_late_s`: so long, at most, between what is done and the answer."""

    world: World = field(factory=World)
    answers_late_s: float = 0.0
    port: int = 0
    _runner: web.AppRunner | None = None
    _callers: set[asyncio.Task[None]] = field(factory=set)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def opens(self) -> None:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def closes(self) -> None:
        for caller in self._callers:
            caller.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _call(self, request: web.Request) -> web.Response:
        try:
            bot = self._bot(request.match_info["token"])
            result = await self._do(bot, request.match_info["method"], await given(request))
        except Refusal as refusal:
            answer = {"ok": False, "error_code": refusal.code, "description": refusal.description}
            if refusal.parameters:
                answer["parameters"] = refusal.parameters
            return web.json_response(answer, status=refusal.code)
        await asyncio.sleep(random.uniform(0, self.answers_late_s))
        return web.json_response({"ok": True, "result": result})

    def _bot(self, token: str) -> Bot:
        bot = self.world.bots.get(token)
        if bot is None or bot.is_revoked:
            raise Refusal(401, "Unauthorized")
        return bot

    async def _do(self, bot: Bot, method: str, given: Given) -> Any:
        bot.calls[method].append(given.values)
        self.world.news.set()
        if (after_s := bot.slowed.pop(method, None)) is not None:
            raise Refusal(429, f"Too Many Requests: retry after {after_s}", retry_after=after_s)
        if method == "getUpdates":
            return await self._updates(bot, given)
        if method in ("setWebhook", "deleteWebhook"):
            return self._webhook(bot, given)
        if method not in METHODS:
            raise Refusal(404, "Not Found: method not found")
        return METHODS[method](self.world, bot, given)

    async def _updates(self, bot: Bot, given: Given) -> list[JsonObject]:
        if bot.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        wanted = given.thing("allowed_updates")
        bot.wanted = bot.wanted if wanted is None else wanted
        offset = given.number("offset") or 0
        bot.updates = [it for it in bot.updates if it["update_id"] >= offset]
        bot.poller = mine = object()
        bot.news.set()
        try:
            async with asyncio.timeout(given.number("timeout") or 0):
                while not bot.updates:
                    bot.news.clear()
                    await bot.news.wait()
                    if bot.poller is not mine:
                        raise Refusal(409, "Conflict: terminated by other getUpdates request")
        except TimeoutError:
            pass
        return bot.updates[: given.number("limit") or AT_ONCE]

    def _webhook(self, bot: Bot, given: Given) -> bool:
        bot.webhook = {}
        bot.news.set()
        if address := given.text("url"):
            bot.wanted = given.thing("allowed_updates") or []
            bot.webhook = {"url": address, "secret": given.text("secret_token")}
            caller = asyncio.create_task(self._calls_out(bot, bot.webhook))
            self._callers.add(caller)
            caller.add_done_callback(self._callers.discard)
        return True

    async def _calls_out(self, bot: Bot, webhook: JsonObject) -> None:
        """One update after the other; each again until it is taken."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook["secret"]}
        async with aiohttp.ClientSession() as http:
            while bot.webhook is webhook:
                while not bot.updates:
                    bot.news.clear()
                    await bot.news.wait()
                update = bot.updates[0]
                try:
                    async with http.post(webhook["url"], json=update, headers=headers) as response:
                        taken = response.status == 200
                except aiohttp.ClientError:
                    taken = False
                if taken and update in bot.updates:
                    bot.updates.remove(update)
                elif not taken:
                    await asyncio.sleep(0.05)

    async def _file(self, request: web.Request) -> web.Response:
        self._bot(request.match_info["token"])
        data = self.world.files.get(request.match_info["path"].removeprefix("files/"))
        return web.Response(status=404) if data is None else web.Response(body=data)
