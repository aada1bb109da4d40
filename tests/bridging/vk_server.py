"""A VK of our own: the methods that a community's bridge calls, long poll, and Callback API."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp
from aiohttp import web
from attrs import define, field

JsonObject = dict[str, Any]

GROUP, TOKEN = 77, "community-token"
BOB, CAROL = 5, 6
CHAT = 2_000_000_001


class Wrong(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@define(eq=False)
class VkServer:
    """`news` are all events; `ts` counts them. `failing` are the answers to the next calls."""

    port: int = 0
    people: dict[int, str] = field(factory=lambda: {BOB: "Bob Brown", CAROL: "Carol Clay"})
    chats: dict[int, str] = field(factory=lambda: {CHAT: "Friends"})
    messages: dict[int, list[JsonObject]] = field(factory=dict)
    news: list[JsonObject] = field(factory=list)
    forgotten: int = 0
    calls: list[tuple[str, JsonObject]] = field(factory=list)
    failing: list[JsonObject] = field(factory=list)
    files: dict[str, bytes] = field(factory=dict)
    callback: tuple[str, str] | None = None
    confirmation: str = "c0nf1rm"
    _sent: dict[tuple[int, int], JsonObject] = field(factory=dict)
    _change: asyncio.Event = field(factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/method"

    async def opens(self) -> None:
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/method/{name}", self._method)
        app.router.add_route("*", "/poll", self._poll)
        app.router.add_post("/upload/{kind}", self._upload)
        app.router.add_get("/file/{id}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def closes(self) -> None:
        self._change.set()
        if self._runner:
            await self._runner.cleanup()

    # -- what people do

    async def says(self, user: int, peer: int, text: str, **more: Any) -> JsonObject:
        message = self._add(peer, user, text, more)
        shown = {"message": message, "client_info": {}}
        await self._happens("message_new", shown)
        return message

    async def edits(self, message: JsonObject, text: str) -> None:
        message["text"] = text
        await self._happens("message_edit", message)

    async def reacts(self, user: int, peer: int, cmid: int, number: int | None) -> None:
        event = {"reacted_id": user, "peer_id": peer, "cmid": cmid}
        event |= {"reaction_id": number} if number else {}
        await self._happens("message_reaction_event", event)

    async def reads(self, user: int, cmid: int) -> None:
        event = {"from_id": user, "peer_id": user, "conversation_message_id": cmid}
        await self._happens("message_read", event)

    async def types(self, user: int) -> None:
        event = {"from_id": user, "to_id": -GROUP, "state": "typing"}
        await self._happens("message_typing_state", event)

    async def administrator_says(self, peer: int, text: str) -> None:
        message = self._add(peer, -GROUP, text, {"out": 1, "admin_author_id": 9})
        await self._happens("message_reply", message)

    def keeps(self, content: bytes) -> str:
        id = f"f{len(self.files)}"
        self.files[id] = content
        return f"http://127.0.0.1:{self.port}/file/{id}"

    async def has(self, wanted: Callable[[JsonObject], bool]) -> JsonObject:
        """A message that comes, or came."""
        while True:
            self._change.clear()
            for message in (it for all in self.messages.values() for it in all):
                if wanted(message):
                    return message
            await self._change.wait()

    async def was_asked(self, name: str) -> JsonObject:
        while True:
            self._change.clear()
            for method, parameters in reversed(self.calls):
                if method == name:
                    return parameters
            await self._change.wait()

    def forgets(self) -> None:
        self.forgotten = len(self.news)

    def _add(self, peer: int, user: int, text: str, more: JsonObject) -> JsonObject:
        known = self.messages.setdefault(peer, [])
        message = {
            "id": 0,
            "date": 1_700_000_000 + len(known),
            "peer_id": peer,
            "from_id": user,
            "text": text,
            "conversation_message_id": len(known) + 1,
            "random_id": 0,
            "version": 10_000 + len(known),
            "attachments": [],
            "fwd_messages": [],
            "out": 0,
        } | more
        known.append(message)
        return message

    async def _happens(self, type: str, thing: JsonObject) -> None:
        id = f"e{len(self.news)}"
        event = {"type": type, "event_id": id, "v": "5.199", "group_id": GROUP, "object": thing}
        self.news.append(json.loads(json.dumps(event)))
        self._change.set()
        if self.callback:
            url, secret = self.callback
            await calls_back(url, event | {"secret": secret})

    # -- HTTP

    async def _method(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        parameters = dict(request.query) | dict(await request.post())
        self.calls.append((name, parameters))
        self._change.set()
        if self.failing:
            return web.json_response({"error": self.failing.pop(0)})
        try:
            if parameters.get("access_token") != TOKEN:
                raise Wrong(5, "User authorization failed: invalid access_token")
            if str(parameters.get("v", "")) < "5.131":
                raise Wrong(8, "Invalid request: versions below 5.131 are deprecated")
            method = getattr(self, name.replace(".", "_"), None)
            if method is None:
                raise Wrong(3, "Unknown method passed")
            return web.json_response({"response": await method(parameters)})
        except Wrong as error:
            failure = {"error_code": error.code, "error_msg": str(error), "request_params": []}
            return web.json_response({"error": failure})

    async def _poll(self, request: web.Request) -> web.Response:
        given = dict(request.query) | dict(await request.post())
        ts = int(str(given["ts"]))
        if given["key"] != "key":
            return web.json_response({"failed": 2})
        if ts < self.forgotten or ts > len(self.news):
            return web.json_response({"failed": 1, "ts": str(len(self.news))})
        with suppress(TimeoutError):
            async with asyncio.timeout(min(int(str(given["wait"])), 25)):
                while ts >= len(self.news):
                    self._change.clear()
                    await self._change.wait()
        updates = self.news[ts : ts + 20]
        return web.json_response({"ts": str(ts + len(updates)), "updates": updates})

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        name = "photo" if request.match_info["kind"] == "photo" else "file"
        upload = form.get(name)
        if not isinstance(upload, web.FileField):
            return web.json_response({"error": "no file"})
        url = self.keeps(upload.file.read())
        if name == "photo":
            return web.json_response({"server": 1, "photo": url, "hash": "h"})
        return web.json_response({"file": f"{request.match_info['kind']}|{url}"})

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["id"]])

    # -- methods

    async def groups_getById(self, given: JsonObject) -> object:
        return {
            "groups": [{"id": GROUP, "name": "Our town", "screen_name": "town"}],
            "profiles": [],
        }

    async def groups_getLongPollServer(self, given: JsonObject) -> object:
        server = f"http://127.0.0.1:{self.port}/poll"
        return {"server": server, "key": "key", "ts": str(len(self.news))}

    async def groups_getCallbackConfirmationCode(self, given: JsonObject) -> object:
        return {"code": self.confirmation}

    async def users_get(self, given: JsonObject) -> object:
        wanted = str(given.get("user_ids", "")).split(",")
        names = {"bob": BOB, "carol": CAROL} | {str(id): id for id in self.people}
        names |= {f"id{id}": id for id in self.people}
        return [self.profile(names[it]) for it in wanted if it in names]

    def profile(self, id: int) -> JsonObject:
        first, last = self.people[id].split(" ")
        return {"id": id, "first_name": first, "last_name": last, "screen_name": first.lower()}

    async def messages_send(self, given: JsonObject) -> object:
        if "peer_ids" in given:
            return [await self._send(int(it), given) for it in given["peer_ids"].split(",")]
        return (await self._send(int(given["peer_id"]), given))["message_id"]

    async def _send(self, peer: int, given: JsonObject) -> JsonObject:
        if peer not in self.people and peer not in self.chats:
            raise Wrong(901, "Can't send messages for users without permission")
        if not (given.get("message") or given.get("attachment") or given.get("lat")):
            raise Wrong(100, "One of the parameters specified was missing: message is empty")
        if len(given.get("message", "")) > 4096:
            raise Wrong(914, "Message is too long")
        unique = (peer, int(given["random_id"]))
        if unique[1] and unique in self._sent:
            return self._sent[unique]
        more: JsonObject = {"random_id": unique[1], "out": 1}
        for name in ("attachment", "format_data", "forward", "lat", "long"):
            if name in given:
                more[name] = given[name]
        message = self._add(peer, -GROUP, given.get("message", ""), more)
        await self._happens("message_reply", message)
        cmid = message["conversation_message_id"]
        sent = {"peer_id": peer, "message_id": 0, "conversation_message_id": cmid}
        self._sent[unique] = sent
        return sent

    def _own(self, given: JsonObject, cmid: str) -> JsonObject:
        known = self.messages.get(int(given["peer_id"]), [])
        for message in known:
            if str(message["conversation_message_id"]) == cmid:
                return message
        raise Wrong(100, "One of the parameters specified was missing or invalid: cmid")

    async def messages_edit(self, given: JsonObject) -> object:
        message = self._own(given, given["cmid"])
        if message["from_id"] != -GROUP:
            raise Wrong(15, "Access denied")
        message |= {"text": given["message"], "edited": True}
        return 1

    async def messages_delete(self, given: JsonObject) -> object:
        message = self._own(given, given["cmids"])
        if message["from_id"] != -GROUP:
            raise Wrong(924, "Can't delete this message for everybody")
        message["deleted"] = True
        return [{"peer_id": int(given["peer_id"]), "response": 1}]

    async def messages_sendReaction(self, given: JsonObject) -> object:
        self._own(given, given["cmid"])["reaction"] = int(given["reaction_id"])
        return 1

    async def messages_deleteReaction(self, given: JsonObject) -> object:
        self._own(given, given["cmid"]).pop("reaction", None)
        return 1

    async def messages_setActivity(self, given: JsonObject) -> object:
        return 1

    async def messages_markAsRead(self, given: JsonObject) -> object:
        return 1

    async def messages_pin(self, given: JsonObject) -> object:
        return self._own(given, given["conversation_message_id"])

    async def messages_unpin(self, given: JsonObject) -> object:
        return 1

    async def messages_editChat(self, given: JsonObject) -> object:
        self.chats[2_000_000_000 + int(given["chat_id"])] = given["title"]
        return 1

    async def messages_removeChatUser(self, given: JsonObject) -> object:
        return 1

    async def messages_getHistory(self, given: JsonObject) -> object:
        all = list(reversed(self.messages.get(int(given["peer_id"]), [])))
        offset, count = int(given.get("offset", 0)), int(given.get("count", 20))
        profiles = [self.profile(id) for id in self.people]
        return {"count": len(all), "items": all[offset : offset + count], "profiles": profiles}

    async def messages_getByConversationMessageId(self, given: JsonObject) -> object:
        return {"items": [self._own(given, given["conversation_message_ids"])]}

    async def messages_getConversationsById(self, given: JsonObject) -> object:
        peer = int(given["peer_ids"])
        return {"count": 1, "items": [{"chat_settings": {"title": self.chats[peer]}}]}

    async def messages_getConversationMembers(self, given: JsonObject) -> object:
        items = [{"member_id": BOB, "is_owner": True}, {"member_id": CAROL}, {"member_id": -GROUP}]
        return {"items": items, "profiles": [self.profile(id) for id in self.people]}

    async def photos_getMessagesUploadServer(self, given: JsonObject) -> object:
        return {"upload_url": f"http://127.0.0.1:{self.port}/upload/photo"}

    async def photos_saveMessagesPhoto(self, given: JsonObject) -> object:
        return [{"id": len(self.files), "owner_id": -GROUP, "access_key": "k"}]

    async def docs_getMessagesUploadServer(self, given: JsonObject) -> object:
        return {"upload_url": f"http://127.0.0.1:{self.port}/upload/{given.get('type', 'doc')}"}

    async def docs_save(self, given: JsonObject) -> object:
        type = given["file"].partition("|")[0]
        return {"type": type, type: {"id": len(self.files), "owner_id": -GROUP}}


async def calls_back(url: str, event: JsonObject) -> str:
    async with aiohttp.ClientSession() as http, http.post(url, json=event) as response:
        return await response.text()
