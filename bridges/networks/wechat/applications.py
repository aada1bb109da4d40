"""Applications of WeCom: members of a corporation write to one, and are written to at any time."""

from typing import ClassVar

from attrs import define

from bridges.kit.chats import Picture, User
from bridges.kit.failures import Rejected
from bridges.kit.happenings import Message, Notice
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import ChatKey, Media, Outgoing, Part, Sent
from bridges.kit.sources import kept_there
from bridges.kit.web import Web
from bridges.networks.wechat.account import Account
from bridges.networks.wechat.api import REFUSALS
from bridges.networks.wechat.bodies import TYPES, file_body, text_body
from bridges.networks.wechat.callbacks import Callback
from bridges.networks.wechat.customers import token_of
from bridges.networks.wechat.envelope import Seal

TOLD = {
    "subscribe": "can see the application now",
    "unsubscribe": "can no longer see the application: nothing can be sent to them",
    "click": "pressed a button of the menu",
    "view": "opened a page of the menu",
}
UNKNOWN_MEMBER = REFUSALS[81013]


@define(eq=False)
class Application(Account):
    """Called as Official Accounts are; always sealed, for the corporation."""

    told: ClassVar[dict[str, str]] = TOLD

    @property
    def corp_id(self) -> str:
        return self._login.secrets["corp_id"]

    @property
    def root(self) -> str:
        return self._settings.wecom

    def callback(self) -> Callback:
        secrets = self._login.secrets
        seal = Seal.of(self.corp_id, secrets["aes_key"])
        return Callback(secrets["callback_token"], seal, is_always_sealed=True)

    async def token(self, found: Web) -> JsonObject:
        return await token_of(found, self.root, self.corp_id, self._login.secrets["secret"])

    async def heard(self, happening: Message | Notice) -> None:
        """Members need not have written for us to write to them."""

    async def send(self, out: Outgoing) -> Sent:
        ids = [await self._post(out.chat.id, await self._body(it)) for it in out.parts]
        return Sent(ids[0], tuple(ids[1:]))

    async def _body(self, part: Part) -> JsonObject:
        if isinstance(part, Media):
            return await file_body(self._now(), part, TYPES.get(part.kind, "file"))
        return text_body(part)

    async def _post(self, member: str, content: JsonObject) -> str:
        to = {"touser": member, "agentid": int(self._login.secrets["agent_id"])}
        answer = await self._now().call("cgi-bin/message/send", to | content)
        if member in str(answer.get("invaliduser") or "").split("|"):
            raise Rejected(UNKNOWN_MEMBER)
        return str(answer.get("msgid") or "")

    async def recall(self, target: str) -> None:
        """WeCom takes it within a day."""
        await self._now().call("cgi-bin/message/recall", {"msgid": target})

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        """WeCom shows nothing of that."""

    async def member(self, id: str) -> User:
        """Raises Rejected for nobody, and where the application may not look."""
        about = await self._now().ask("cgi-bin/user/get", {"userid": id})
        name, url = about.get("name"), about.get("avatar")
        shown = Picture(url, kept_there(url)) if isinstance(url, str) and url else None
        return User(name if isinstance(name, str) and name else id, picture=shown)

    async def user(self, id: str) -> User:
        """Newer applications are not told names."""
        try:
            return await self.member(id)
        except Rejected:
            return User(id)
