"""Logging in with Telethon."""

from typing import Any

from attrs import define
from telethon import errors

from bridges.networks.telegram.user.account import Admitted, Answer
from bridges.networks.telegram.user.telethon_failures import told
from bridges.networks.telegram.user.translation import user

SCAN_S = 30


@define(eq=False)
class TelethonEntrance:
    _client: Any
    _phone: str = ""
    _picture: Any = None

    async def _connected(self) -> Any:
        if not self._client.is_connected():
            await self._client.connect()
        return self._client

    async def send_code(self, phone: str) -> None:
        with told():
            await (await self._connected()).send_code_request(phone)
        self._phone = phone

    async def enter_code(self, code: str) -> Answer:
        with told():
            try:
                await self._client.sign_in(self._phone, code)
            except errors.SessionPasswordNeededError:
                return Answer.PASSWORD
            except (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError):
                return Answer.WRONG
            except errors.PhoneCodeExpiredError:
                return Answer.EXPIRED
        return Answer.ADMITTED

    async def enter_password(self, password: str) -> Answer:
        with told():
            try:
                await self._client.sign_in(password=password)
            except errors.PasswordHashInvalidError:
                return Answer.WRONG
        return Answer.ADMITTED

    async def qr(self) -> str:
        with told():
            if self._picture is None:
                self._picture = await (await self._connected()).qr_login()
            else:
                await self._picture.recreate()
        return str(self._picture.url)

    async def scanned(self) -> Answer:
        with told():
            try:
                await self._picture.wait(SCAN_S)
            except TimeoutError:
                return Answer.EXPIRED
            except errors.SessionPasswordNeededError:
                return Answer.PASSWORD
        return Answer.ADMITTED

    async def admitted(self) -> Admitted:
        with told():
            me = await self._client.get_me()
        return Admitted(user(me), str(self._client.session.save()))

    async def close(self) -> None:
        await self._client.disconnect()
