"""What the operator says about Telegram."""

from collections.abc import Mapping

from attrs import field, frozen

from bridges.kit.settings import asked, understood


@frozen
class TelegramSettings:
    """`api` is where the Bot API is: Telegram's own, or a Bot API server of yours.

    We ask for news and wait `poll_s` seconds for them. With `webhook`, Telegram brings them to the
    bridge's `public_address`, with a secret that is made anew at each start. `api_id` and
    `api_hash`, from my.telegram.org, let people log in with accounts of their own.
    `recall_s`: so long after a lost connection we look whether Telegram has a message
    nevertheless. With `stories`, accounts of people's own show what their contacts and channels
    show for a while. `group_messages_per_minute` is what Telegram takes of a bot in a group; with
    0 it is tried out.
    """

    api: str = "https://api.telegram.org"
    poll_s: int = 50
    webhook: bool = asked("Shall Telegram call us (needs HTTPS), instead of our asking?", False)
    recall_s: float = 0.5
    api_id: int = 0
    api_hash: str = field(default="", repr=False)
    download_max_bytes: int = 20_000_000
    upload_max_bytes: int = 50_000_000
    stories: bool = True
    group_messages_per_minute: int = 20


def read(settings: Mapping[str, object]) -> TelegramSettings:
    """Raises ValueError in words."""
    found = understood("Telegram", TelegramSettings, settings)
    if not found.api.startswith(("http://", "https://")):
        raise ValueError("Telegram's setting api must be an address with http:// or https://.")
    if not 1 <= found.poll_s <= 50:
        raise ValueError("Telegram's setting poll_s must be from 1 to 50.")
    if not 0 <= found.group_messages_per_minute <= 1000:
        raise ValueError("Telegram's group_messages_per_minute must be from 0 to 1000.")
    return found
