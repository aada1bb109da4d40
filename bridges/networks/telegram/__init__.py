"""Telegram: a bot for each login, over the Bot API."""

from collections.abc import Mapping

from bridges.networks.telegram.network import Telegram
from bridges.networks.telegram.settings import TelegramSettings, read

SETTINGS = TelegramSettings


def create(settings: Mapping[str, object]) -> Telegram:
    return Telegram(read(settings))
