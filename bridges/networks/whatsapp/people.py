"""Who writes: by the business's own id of a person where there is one, else by their number."""

from attrs import frozen

from bridges.kit.chats import User
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Bridge


@frozen
class People:
    """A person who was first known by the number stays known by it."""

    _bridge: Bridge

    async def id_of(self, number: str, own_id: str) -> str:
        names = [it for it in (own_id, number) if it]
        for name in names:
            if known := await self._bridge.kept(f"person {name}"):
                break
        else:
            known = names[0] if names else ""
        for name in names:
            if await self._bridge.kept(f"person {name}") != known:
                await self._bridge.keep(f"person {name}", known)
        if number and await self._bridge.kept(f"number {known}") != number:
            await self._bridge.keep(f"number {known}", number)
        return known

    async def learn(self, contact: JsonObject) -> None:
        """From the `contacts` of a notification."""
        id = await self.id_of(str(contact.get("wa_id") or ""), str(contact.get("user_id") or ""))
        profile = contact.get("profile")
        name = profile.get("name") if isinstance(profile, dict) else None
        if id and isinstance(name, str) and name != await self._bridge.kept(f"name {id}"):
            await self._bridge.keep(f"name {id}", name[:200])

    async def name(self, id: str) -> str:
        return await self._bridge.kept(f"name {id}") or await self._number(id) or id

    async def user(self, id: str) -> User:
        number = await self._number(id)
        return User(await self.name(id), handles=(f"tel:{number}",) if number else ())

    async def address(self, id: str) -> JsonObject:
        """Where messages go: WhatsApp wants numbers in one field, its own ids in another."""
        number = await self._number(id)
        return {"to": number.removeprefix("+")} if number else {"recipient": id}

    async def _number(self, id: str) -> str:
        number = await self._bridge.kept(f"number {id}") or (id if id.isdecimal() else "")
        return f"+{number}" if number else ""
