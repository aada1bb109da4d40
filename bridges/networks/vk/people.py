"""Who is who, asked once in a while."""

from attrs import define, field

from bridges.kit.chats import Picture, User
from bridges.kit.json_values import JsonObject, objects
from bridges.kit.sources import kept_there
from bridges.networks.vk.wire import Wire

MAX_KNOWN = 5_000
FIELDS = "photo_200,screen_name"


@define(eq=False)
class People:
    """People by their number, communities by their number with a minus, as VK has them."""

    _wire: Wire
    _known: dict[str, User] = field(factory=dict)

    async def user(self, id: str) -> User:
        if id not in self._known:
            await self._ask(id)
        return self._known.get(id) or User(f"VK {id}")

    async def name(self, id: str) -> str:
        return (await self.user(id)).name

    def learn(self, answer: JsonObject) -> None:
        """The people that VK tells about beside what was asked for."""
        for one in objects(answer.get("profiles")):
            self._note(str(one.get("id")), person(one))
        for one in objects(answer.get("groups")):
            self._note(f"-{one.get('id')}", community(one))

    async def _ask(self, id: str) -> None:
        if id.startswith("-"):
            answer = await self._wire.call("groups.getById", group_ids=id[1:])
            self.learn(answer if isinstance(answer, dict) else {"groups": answer})
        else:
            answer = await self._wire.call("users.get", user_ids=id, fields=FIELDS)
            self.learn({"profiles": answer})

    def _note(self, id: str, user: User) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[id] = user


def person(one: JsonObject) -> User:
    name = f"{one.get('first_name') or ''} {one.get('last_name') or ''}".strip()
    handle = one.get("screen_name")
    handles = (f"@{handle}",) if isinstance(handle, str) and handle else ()
    return User(name or f"VK {one.get('id')}", picture=picture(one), handles=handles)


def community(one: JsonObject) -> User:
    return User(str(one.get("name") or f"VK -{one.get('id')}"), is_bot=True, picture=picture(one))


def picture(one: JsonObject) -> Picture | None:
    url = one.get("photo_200") or one.get("photo_100")
    return Picture(url.partition("?")[0], kept_there(url)) if isinstance(url, str) and url else None
