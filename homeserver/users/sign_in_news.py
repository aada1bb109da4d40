"""Users hear of new sign-ins: by a message of the server, and by letter."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from attrs import frozen

from homeserver.changes import SignedIn
from homeserver.clock import Clock
from homeserver.events.building import Draft
from homeserver.logs import logger
from homeserver.storage import account_languages, devices
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.tasks import in_background
from homeserver.users.account_letters import AccountLetters
from homeserver.users.mail_addresses import MailAddresses

MAX_AGENT = 120

log = logger(__name__)

Speak = Callable[[str, Draft], Awaitable[None]]
"""Says something to a user in the name of the server."""


@frozen
class News:
    """What there is to say. `link` leads to where the device can be signed out."""

    language: str
    values: dict[str, str]
    link: str


@frozen(eq=False)
class SignInNews:
    """`_device_page` is where devices are signed out; empty where there are no pages."""

    _db: Database
    _clock: Clock
    _letters: AccountLetters
    _speak: Speak
    _addresses: MailAddresses | None
    _device_page: str

    def tell(self, change: SignedIn) -> None:
        in_background(self._tell(change), log, f"{change.user_id} heard of no new sign-in")

    async def _tell(self, change: SignedIn) -> None:
        news = await self._db.write(self._write, change)
        await self._speak(change.user_id, self._message(news))

    def _write(self, txn: Transaction, change: SignedIn) -> News:
        """Letters go to all addresses."""
        language = account_languages.find(txn, change.user_id)
        device = devices.find(txn, change.user_id, change.device_id)
        name = (device.display_name if device else None) or change.user_agent[:MAX_AGENT]
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        values = {
            "user_id": change.user_id,
            "device_id": change.device_id,
            "device": name or "–",
            "ip": change.ip,
            "time": f"{now:%Y-%m-%d %H:%M} UTC",
        }
        link = ""
        if self._device_page:
            link = f"{self._device_page}?{urlencode({'device_id': change.device_id})}"
        if self._addresses is not None:
            said = {**values, "link": link}
            said.pop("user_id")
            self._addresses.tell(txn, change.user_id, "sign_in", language, **said)
        return News(language, values, link)

    def _message(self, news: News) -> Draft:
        text = self._letters.said("sign_in", news.language, **news.values)
        button = self._letters.button("sign_in", news.language)
        body = f"{text}\n{button}: {news.link}" if news.link else text
        html = escape(text).replace("\n", "<br>")
        if news.link:
            html += f'<br><a href="{escape(news.link)}">{escape(button)}</a>'
        content = {
            "msgtype": "m.text",
            "body": body,
            "format": "org.matrix.custom.html",
            "formatted_body": html,
        }
        return Draft("m.room.message", content)
