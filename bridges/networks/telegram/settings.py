"""What the operator says about Telegram."""

from collections.abc import Mapping
from typing import Any

from attrs import fields, frozen


@frozen
class TelegramSettings:
    """`api` is where the Bot API is: Telegram's own, or a Bot API server of yours.

    We ask for news and wait `poll_s` seconds for them. With `webhook`, Telegram brings them to the
    bridge's `public_address`, with a secret that is made anew at each start.
    `recall_s`: so long after a lost connection we look whether Telegram has a message
    nevertheless.
    """

    api: str = "https://api.telegram.org"
    poll_s: int = 50
    webhook: bool = False
    recall_s: float = 0.5
    download_max_bytes: int = 20_000_000
    upload_max_bytes: int = 50_000_000


def read(settings: Mapping[str, object]) -> TelegramSettings:
    """Raises ValueError in words."""
    known: dict[str, type] = {one.name: one.type or str for one in fields(TelegramSettings)}
    if unknown := set(settings) - set(known):
        raise ValueError(f"Telegram knows no setting {', '.join(sorted(unknown))}.")
    given: dict[str, Any] = {}
    for name, value in settings.items():
        wanted = (int, float) if known[name] is float else known[name]
        if not isinstance(value, wanted) or isinstance(value, bool) != (known[name] is bool):
            kind = known[name].__name__
            raise ValueError(f"Telegram's setting {name} must be of the type {kind}.")
        given[name] = value.rstrip("/") if isinstance(value, str) else value
    made = TelegramSettings(**given)
    if not made.api.startswith(("http://", "https://")):
        raise ValueError("Telegram's setting api must be an address with http:// or https://.")
    return made
