"""What people on Matrix change about a room and its members, asked of the network."""

from attrs import frozen

from bridges.kit import abilities
from bridges.kit.chats import Picture
from bridges.kit.failures import Unsupported
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Session
from bridges.portals.addresses import Addresses
from bridges.portals.files import from_matrix
from bridges.portals.ground import Ground
from bridges.portals.persons import presented
from bridges.portals.sessions import Running
from bridges.storage import messages
from bridges.storage.places import Portal


@frozen
class Wish:
    """A change with what was there before."""

    portal: Portal
    session: Session
    event: JsonObject

    @property
    def now(self) -> JsonObject:
        content: JsonObject = self.event["content"]
        return content

    @property
    def before(self) -> JsonObject:
        unsigned = self.event.get("unsigned")
        before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
        return before if isinstance(before, dict) else {}


@frozen
class Wishes:
    """Only who is logged in changes anything. A wish that the network cannot have is refused."""

    _ground: Ground
    _addresses: Addresses

    async def carry(self, portal: Portal, event: JsonObject, running: Running) -> None:
        wish = Wish(portal, running.session, event)
        match event["type"]:
            case "m.room.topic" | "m.room.name" | "m.room.avatar":
                await self._presentation(wish)
            case "m.room.member":
                await self._member(wish, str(event.get("state_key", "")))
            case "m.room.power_levels":
                await self._levels(wish)
            case "m.room.pinned_events":
                await self._pins(wish)

    async def _presentation(self, wish: Wish) -> None:
        session, chat, content = wish.session, wish.portal.chat, wish.now
        match wish.event["type"]:
            case "m.room.topic" if isinstance(session, abilities.SetsTopic):
                await session.set_topic(chat, str(content.get("topic", "")))
            case "m.room.name" if isinstance(session, abilities.SetsName):
                await session.set_name(chat, str(content.get("name", "")))
            case "m.room.avatar" if isinstance(session, abilities.SetsPicture):
                await session.set_picture(chat, self._picture(content))
            case type:
                what = type.removeprefix("m.room.").replace("avatar", "picture")
                raise Unsupported(f"The {what} of this chat cannot be changed from here.")

    def _picture(self, content: JsonObject) -> Picture | None:
        uri = content.get("url")
        if not isinstance(uri, str) or not uri:
            return None
        return Picture(uri, from_matrix(self._ground.accounts, uri, None))

    async def _member(self, wish: Wish, user_id: str) -> None:
        """Somebody is invited, put out or banned; what people do about themselves is left alone."""
        remote_id, session = self._addresses.on_network(user_id), wish.session
        if user_id == wish.event["sender"]:
            await self._about_oneself(wish)
        if remote_id is None or user_id == wish.event["sender"]:
            return
        chat, reason = wish.portal.chat, str(wish.now.get("reason", ""))
        match wish.now.get("membership"), wish.before.get("membership"):
            case "invite", _ if isinstance(session, abilities.Invites):
                await session.invite(chat, remote_id)
            case "ban", _ if isinstance(session, abilities.Bans):
                await session.ban(chat, remote_id, reason)
            case "leave", "ban" if isinstance(session, abilities.Bans):
                await session.unban(chat, remote_id)
            case "leave", _ if isinstance(session, abilities.Kicks):
                await session.kick(chat, remote_id, reason)
            case _:
                raise Unsupported("Who is in this chat cannot be changed from here.")

    async def _about_oneself(self, wish: Wish) -> None:
        """Who has a login comes or goes in a room that others share, or is called otherwise."""
        now, before = (it.get("membership") == "join" for it in (wish.now, wish.before))
        if now != before and not wish.portal.chat.receiver:
            if isinstance(wish.session, abilities.Follows):
                await wish.session.follow(wish.portal.chat, now)
        elif now and before and isinstance(wish.session, abilities.Presents):
            known = (presented(self._ground, "", it) for it in (wish.now, wish.before))
            if len({(it.name, it.picture) for it in known}) == 2:
                person = presented(self._ground, str(wish.event["sender"]), wish.now)
                await wish.session.present(person)

    async def _levels(self, wish: Wish) -> None:
        now, before = users_of(wish.now), users_of(wish.before)
        changed = {
            remote_id: now.get(user_id, default_of(wish.now))
            for user_id in now.keys() | before.keys()
            if now.get(user_id) != before.get(user_id)
            and (remote_id := self._addresses.on_network(user_id)) is not None
        }
        if not changed:
            return
        if not isinstance(wish.session, abilities.SetsLevels):
            raise Unsupported("What people may do in this chat cannot be changed from here.")
        await wish.session.set_levels(wish.portal.chat, changed)

    async def _pins(self, wish: Wish) -> None:
        now, before = pinned(wish.now), pinned(wish.before)
        for event_id in dict.fromkeys((*before, *now)):
            if (event_id in now) == (event_id in before):
                continue
            find, chat = messages.by_event, wish.portal.chat
            pair = await self._ground.db.write(find, chat, event_id)
            if pair is None:
                continue
            if not isinstance(wish.session, abilities.Pins):
                raise Unsupported("Nothing can be pinned in this chat.")
            await wish.session.pin(chat, pair.remote_id, event_id in now)


def users_of(levels: JsonObject) -> dict[str, int]:
    users = levels.get("users")
    users = users if isinstance(users, dict) else {}
    return {user_id: level for user_id, level in users.items() if isinstance(level, int)}


def default_of(levels: JsonObject) -> int:
    default = levels.get("users_default", 0)
    return default if isinstance(default, int) else 0


def pinned(content: JsonObject) -> list[str]:
    events = content.get("pinned")
    return [it for it in events if isinstance(it, str)] if isinstance(events, list) else []
