"""An account over Telethon."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from attrs import define, field
from telethon import errors, events, utils
from telethon.tl import functions, types

from bridges.kit.failures import BadCredentials, Rejected
from bridges.kit.json_values import JsonObject
from bridges.networks.telegram.names import Place
from bridges.networks.telegram.user import telethon_stories as stories
from bridges.networks.telegram.user.telethon_failures import LOGGED_OUT, reached, told
from bridges.networks.telegram.user.telethon_sending import request_for, sent_id
from bridges.networks.telegram.user.translation import STORY, chat, message, to_entity, user
from bridges.networks.telegram.writing import Call

MAX_MEMBERS = 1000
MAX_NEWS = 10_000
TYPES_S = 6
LOOKED_AT = 50


@define(eq=False)
class TelethonAccount:
    _client: Any
    _news: asyncio.Queue[JsonObject | None] = field(factory=lambda: asyncio.Queue(MAX_NEWS))
    _reactions: dict[tuple[int, int], dict[int, list[str]]] = field(factory=dict)

    async def connect(self) -> JsonObject:
        with told():
            await self._client.connect()
            if not await self._client.is_user_authorized():
                raise BadCredentials(LOGGED_OUT)
            for handler, event in (
                (self._said, events.NewMessage()),
                (self._edited, events.MessageEdited()),
                (self._deleted, events.MessageDeleted()),
                (self._was_read, events.MessageRead()),
                (self._types, events.UserUpdate()),
                (self._reacted, events.Raw(types.UpdateMessageReactions)),
                (self._happened, events.ChatAction()),
                (self._shows, events.Raw(types.UpdateStory)),
            ):
                self._client.add_event_handler(handler, event)
            return user(await self._client.get_me())

    async def disconnect(self) -> None:
        await self._client.disconnect()

    async def news(self) -> AsyncIterator[JsonObject]:
        ended = asyncio.ensure_future(self._client.disconnected)
        while True:
            coming = asyncio.ensure_future(self._news.get())
            await asyncio.wait((ended, coming), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                return
            if (news := coming.result()) is not None:
                yield news

    # -- what the client reports

    async def _tell(self, kind: str, event: Any) -> None:
        where, who = await event.get_chat(), await event.get_sender()
        await self._news.put({kind: message(event.message, chat(where), who)})

    async def _said(self, event: Any) -> None:
        await self._tell("message", event)

    async def _edited(self, event: Any) -> None:
        await self._tell("edited_message", event)

    async def _happened(self, event: Any) -> None:
        if (said := event.action_message) is not None:
            where, who = chat(await event.get_chat()), await said.get_sender()
            await self._news.put({"message": message(said, where, who)})

    async def _deleted(self, event: Any) -> None:
        where = chat(await event.get_chat()) if event.chat_id is not None else None
        await self._news.put({"deleted": {"chat": where, "message_ids": list(event.deleted_ids)}})

    async def _was_read(self, event: Any) -> None:
        where = await event.get_chat()
        if event.outbox and not isinstance(where, types.User):
            return
        by = user(where) if event.outbox else None
        await self._news.put({"read": {"chat": chat(where), "upto": event.max_id, "by": by}})

    async def _types(self, event: Any) -> None:
        if event.typing and (who := await event.get_user()) is not None:
            where = chat(await event.get_chat())
            about = {"chat": where, "user": user(who), "seconds": TYPES_S}
            await self._news.put({"typing": about})

    async def _reacted(self, update: Any) -> None:
        """Telegram tells who has which reactions now: we tell what changed."""
        place = (utils.get_peer_id(update.peer), update.msg_id)
        before, now = self._reactions.get(place, {}), by_person(update.reactions)
        self._reactions[place] = now
        if len(self._reactions) > MAX_NEWS:
            self._reactions.clear()
        where = chat(await self._client.get_entity(update.peer))
        for id in before.keys() | now.keys():
            if before.get(id) == now.get(id):
                continue
            who = user(await self._client.get_entity(types.PeerUser(id)))
            about = {"chat": where, "message_id": update.msg_id, "user": who}
            old, new = ([{"emoji": it} for it in them.get(id, ())] for them in (before, now))
            await self._news.put(
                {"message_reaction": about | {"old_reaction": old, "new_reaction": new}}
            )

    async def _shows(self, update: Any) -> None:
        peer = await self._client.get_entity(update.peer)
        if isinstance(update.story, types.StoryItemDeleted):
            about = {"chat": chat(peer), "message_id": update.story.id}
            await self._news.put({"story_gone": about})
        elif (found := await stories.shown(self._client, peer, update.story)) is not None:
            await self._news.put({"story": found})

    # -- what is asked

    async def stories(self) -> list[JsonObject]:
        with told():
            return await stories.all_shown(self._client)

    async def dialogs(self, limit: int) -> list[JsonObject]:
        with told():
            found = await self._client.get_dialogs(limit=limit)
            return [await self._dialog(one) for one in found]

    async def _dialog(self, dialog: Any) -> JsonObject:
        where, newest = chat(dialog.entity), dialog.message
        if newest is None:
            return where | {"newest": None}
        return where | {"newest": message(newest, where, await newest.get_sender())}

    async def messages(
        self, chat_id: int, limit: int, *, before: int, after: int
    ) -> list[JsonObject]:
        with told():
            where = chat(await self._client.get_entity(chat_id))
            found = await self._client.get_messages(
                chat_id, limit=limit, max_id=before, min_id=after
            )
            return [message(it, where, await it.get_sender()) for it in reversed(found)]

    async def chat(self, wanted: int | str) -> JsonObject:
        with told():
            found = await self._client.get_entity(wanted)
            return chat(found) | {"members": await self._members(found)}

    async def _members(self, found: Any) -> dict[int, str]:
        if isinstance(found, types.User):
            return {found.id: utils.get_display_name(found)}
        try:
            people = await self._client.get_participants(found, limit=MAX_MEMBERS)
        except errors.RPCError:
            # Channels show their readers to nobody.
            return {}
        return {it.id: utils.get_display_name(it) for it in people}

    async def user(self, id: int) -> JsonObject:
        with told():
            return chat(await self._client.get_entity(id))

    async def file(self, reference: str, max_bytes: int) -> bytes:
        if reference.startswith(STORY):
            with told():
                return await stories.file(self._client, reference, max_bytes)
        chat_id, _, id = reference.partition("/")
        with told():
            found = await self._client.get_messages(int(chat_id), ids=int(id))
            if found is None or found.file is None:
                raise Rejected("Telegram no longer has that file.")
            if (found.file.size or 0) > max_bytes:
                raise Rejected(f"The file is larger than {max_bytes:,} bytes.")
            return bytes(await self._client.download_media(found, file=bytes))

    async def send(self, where: Place, call: Call, unique: int) -> int:
        if not self._client.is_connected():
            raise reached()
        with told():
            peer = await self._client.get_input_entity(where.chat_id)
            request = await request_for(self._client, peer, call, unique)
            try:
                id = sent_id(await self._client(request), unique)
            except errors.RandomIdDuplicateError:
                id = 0
            return id or await self._found_again(where, request.message)

    async def _found_again(self, where: Place, words: str) -> int:
        """Telegram has it already: under which number, its newest messages of ours tell."""
        newest = await self._client.get_messages(where.chat_id, limit=LOOKED_AT, from_user="me")
        return next((int(it.id) for it in newest if (it.message or "") == words), 0)

    async def edit(self, chat_id: int, id: int, text: str, entities: list[JsonObject]) -> None:
        looks = [found for it in entities if (found := to_entity(it)) is not None]
        with told():
            try:
                await self._client.edit_message(chat_id, id, text, formatting_entities=looks)
            except errors.MessageNotModifiedError:
                return

    async def delete(self, chat_id: int, id: int) -> None:
        with told():
            await self._client.delete_messages(chat_id, [id], revoke=True)

    async def react(self, chat_id: int, id: int, emoji: str | None) -> None:
        with told():
            peer = await self._client.get_input_entity(chat_id)
            shown = [types.ReactionEmoji(emoji)] if emoji else []
            await self._client(functions.messages.SendReactionRequest(peer, id, reaction=shown))

    async def read(self, where: Place, upto: int) -> None:
        with told():
            await self._client.send_read_acknowledge(where.chat_id, max_id=upto)

    async def type(self, where: Place, is_typing: bool) -> None:
        action = types.SendMessageTypingAction() if is_typing else types.SendMessageCancelAction()
        with told():
            peer = await self._client.get_input_entity(where.chat_id)
            request = functions.messages.SetTypingRequest(peer, action, top_msg_id=where.topic)
            await self._client(request)

    async def leave(self, chat_id: int) -> None:
        if chat_id < 0:
            with told():
                await self._client.delete_dialog(chat_id)

    async def log_out(self) -> None:
        with told():
            await self._client.log_out()


def by_person(reactions: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in reactions.recent_reactions or ():
        if isinstance(one.peer_id, types.PeerUser):
            emoji = getattr(one.reaction, "emoticon", None) or "❔"
            found.setdefault(one.peer_id.user_id, []).append(emoji)
    return found
