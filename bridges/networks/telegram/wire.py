"""Calls to the Bot API, and its refusals in the kit's words."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from attrs import field, frozen

from bridges.kit.failures import BadCredentials, RateLimited, Rejected, Transient
from bridges.kit.json_values import JsonObject
from bridges.kit.web import ANSWER_S, FILE_S, Lost, Reply, Web

NO_TOKEN = "Telegram no longer knows the bot's token. Log in again with a token from @BotFather."
OTHER_POLLER = "Another program asks for this bot's news too. Stop it, or use a webhook."
REFUSALS = {
    "bot was blocked": "They have blocked the bot.",
    "user is deactivated": "Their account is gone.",
    "bot was kicked": "The bot was put out of this chat.",
    "bot is not a member": "The bot is not in this chat.",
    "chat not found": "Telegram knows no such chat, or the bot is not in it.",
    "can't initiate conversation": "A bot cannot begin: they have to write to it first.",
    "not enough rights": "The bot may not do that here: make it an administrator with that right.",
    "chat_write_forbidden": "The bot may not write here: give it the right to.",
    "supergroup and channel chats only": "Telegram gives rights in supergroups and channels only.",
    "chat owner": "The owner of a chat stays above everybody.",
    "can't promote self": "A bot cannot change its own rights.",
    "need administrator rights": "The bot has to be an administrator for that.",
    "chat_admin_required": "The bot has to be an administrator for that.",
    "reaction_invalid": "Telegram does not allow that reaction here.",
    "message can't be deleted": "Telegram does not let the bot delete that: it is not the bot's, "
    "or older than 48 hours, and the bot has no right to delete here.",
    "message can't be edited": "Telegram does not let the bot change that message.",
    "message to edit not found": "Telegram no longer has that message.",
    "message to delete not found": "Telegram no longer has that message.",
    "message to react not found": "Telegram no longer has that message.",
    "message is too long": "The text is too long for Telegram.",
    "caption is too long": "The caption is too long for Telegram.",
    "file is too big": "Telegram hands bots no files over 20 MB.",
    "request entity too large": "Telegram takes no files over 50 MB from bots.",
    "topic_closed": "The topic is closed.",
    "poll has already been closed": "The poll is over already.",
}


class Refused(Rejected):
    """`code` and `description` as Telegram gave them."""

    def __init__(self, code: int, description: str, parameters: JsonObject) -> None:
        super().__init__(in_words(code, description))
        self.code, self.description = code, description.casefold()
        self.migrate_to = parameters.get("migrate_to_chat_id")


def in_words(code: int, description: str) -> str:
    known = description.casefold()
    for words, meaning in REFUSALS.items():
        if words in known:
            return meaning
    return f"Telegram says: {description[:300]}" if description else f"Telegram says no ({code})."


@frozen
class File:
    name: str
    mime: str
    content: bytes = field(repr=False)


@frozen
class Wire:
    """With one bot's token, which stands in every address: addresses are never logged."""

    _web: Web
    _api: str
    _token: str = field(repr=False)

    async def call(
        self,
        method: str,
        parameters: Mapping[str, object] | None = None,
        files: Mapping[str, File] | None = None,
        wait_s: float = ANSWER_S,
    ) -> Any:
        """The result. Raises Lost, Transient, BadCredentials or Refused."""
        given = {key: it for key, it in (parameters or {}).items() if it is not None}
        url = f"{self._api}/bot{self._token}/{method}"
        body: Any = {"data": form(given, files)} if files else {"json": given}
        reply = await self._web.call("POST", url, wait_s=FILE_S if files else wait_s, **body)
        return result(reply)

    async def download(self, path: str, max_bytes: int) -> bytes:
        """Raises Rejected if there is more."""
        url = f"{self._api}/file/bot{self._token}/{path}"
        reply = await self._web.call("GET", url, wait_s=FILE_S, max_bytes=max_bytes)
        if reply.status != 200:
            raise Rejected("Telegram no longer has that file.")
        return reply.body


def form(parameters: Mapping[str, object], files: Mapping[str, File] | None) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for key, value in parameters.items():
        form.add_field(key, value if isinstance(value, str) else json.dumps(value))
    for key, file in (files or {}).items():
        form.add_field(key, file.content, filename=file.name, content_type=file.mime)
    return form


def result(reply: Reply) -> Any:
    answer = reply.json()
    if not isinstance(answer, dict):
        if reply.status == 413:
            raise Refused(413, "Request Entity Too Large", {})
        raise Lost("Telegram answers what we do not understand.")
    if answer.get("ok") is True:
        return answer.get("result")
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    code = answer.get("error_code", reply.status)
    raise failure(code, str(answer.get("description") or ""), parameters)


def failure(code: object, description: str, parameters: JsonObject) -> Exception:
    match code:
        case 429:
            after_s = parameters.get("retry_after", 1)
            wait = float(after_s) if isinstance(after_s, int | float) else 1.0
            return RateLimited(wait, "Telegram asks us to slow down.")
        case 401 | 404:
            return BadCredentials(NO_TOKEN)
        case 409:
            return Transient(OTHER_POLLER, after_s=5)
        case int() if code >= 500:
            return Lost("Telegram has trouble of its own.")
        case _:
            return Refused(code if isinstance(code, int) else 400, description, parameters)
