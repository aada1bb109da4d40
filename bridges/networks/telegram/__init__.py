"""Telegram: a bot for each login, over the Bot API; or somebody's own account, over MTProto."""

import importlib
from collections.abc import Mapping

from bridges.networks.telegram.network import Telegram
from bridges.networks.telegram.settings import TelegramSettings, read

SETTINGS = TelegramSettings
LIBRARY = "bridges.networks.telegram.user.library"


def create(settings: Mapping[str, object]) -> Telegram:
    """Raises ValueError in words."""
    found = read(settings)
    if not found.api_id:
        return Telegram(found)
    try:
        library = importlib.import_module(LIBRARY)
    except ModuleNotFoundError as error:
        words = "For accounts of one's own: pip install 'isthmus[telegram]'"
        raise ValueError(f"{error}. {words}") from error
    return Telegram(found, library.Telethon(found.api_id, found.api_hash))
