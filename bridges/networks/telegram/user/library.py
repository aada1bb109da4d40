"""Telethon, which speaks MTProto. Nothing else of ours knows it."""

from attrs import field, frozen
from telethon import TelegramClient
from telethon.sessions import StringSession

from bridges.networks.telegram.user.account import Account, Entrance
from bridges.networks.telegram.user.telethon_account import TelethonAccount
from bridges.networks.telegram.user.telethon_entrance import TelethonEntrance

WAITED_OUT_S = 0
"""Longer waits are not slept in the library: the queues of the bridge wait."""


@frozen
class Telethon:
    _api_id: int
    _api_hash: str = field(repr=False)

    def account(self, session: str) -> Account:
        return TelethonAccount(self._client(session))

    async def entrance(self) -> Entrance:
        return TelethonEntrance(self._client(""))

    def _client(self, session: str) -> TelegramClient:
        return TelegramClient(
            StringSession(session),
            self._api_id,
            self._api_hash,
            flood_sleep_threshold=WAITED_OUT_S,
            device_model="Isthmus",
        )
