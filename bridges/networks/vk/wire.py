"""Calls of VK's API, and its errors in the kit's words. VK: "API requests", "Error codes"."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from attrs import define, field

from bridges.kit.failures import BadCredentials, Rejected, Transient
from bridges.kit.web import FILE_S, Lost, Web

VERSION = "5.199"
NO_TOKEN = "VK no longer takes the community's token. Make a new one and log in again."
LATER_S = {1: 2.0, 6: 0.5, 9: 30.0, 10: 5.0, 29: 3600.0}
"""Of the errors that pass, how long to wait."""
REFUSALS = {
    7: "The community's token lacks the right to messages.",
    14: "VK wants a captcha solved, which only a person at its site can do.",
    15: "The community may not do that here.",
    100: "VK does not understand what it was asked.",
    113: "VK knows no such person.",
    900: "They have blocked the community.",
    901: "They have not allowed the community to write: they have to write to it first.",
    902: "Their privacy settings do not let the community write.",
    909: "VK lets messages be changed for 24 hours only.",
    910: "The message is too large for VK.",
    912: "The community's bot features are off: switch them on under Messages, Bot settings.",
    914: "The text is too long for VK.",
    917: "The community has no access to this chat.",
    920: "VK does not let messages of this kind be changed.",
    922: "The community left this chat.",
    924: "VK no longer deletes this message for all: it is older than 24 hours, or not ours.",
    925: "The community has to be an administrator of this chat.",
    927: "There is no such chat.",
    936: "VK knows no such contact.",
    945: "The chat was switched off.",
    946: "VK does not let communities into this chat.",
    1009: "VK has no such reaction.",
    1010: "That reaction is switched off here.",
    1011: "The message has as many reactions as VK allows.",
    1012: "Writing is switched off in this chat.",
}


class Refused(Rejected):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(REFUSALS.get(code) or f"VK says: {message[:300]} ({code})")
        self.code = code


@define(eq=False)
class Wire:
    """With the token of one community."""

    web: Web
    _api: str
    _token: str = field(repr=False)

    async def call(self, method: str, **parameters: object) -> Any:
        """The response. Raises Transient, Lost, BadCredentials or Refused."""
        given = {key: worded(it) for key, it in parameters.items() if it is not None}
        data = given | {"access_token": self._token, "v": VERSION}
        reply = await self.web.call("POST", f"{self._api}/{method}", data=data)
        answer = reply.json()
        if not isinstance(answer, dict):
            raise Lost("VK answers what we do not understand.")
        if isinstance(error := answer.get("error"), dict):
            raise failure(error)
        return answer.get("response")

    async def upload(self, url: str, form_name: str, name: str, mime: str, content: bytes) -> Any:
        """To an address that VK gave us for one file."""
        form = aiohttp.FormData()
        form.add_field(form_name, content, filename=name or "file", content_type=mime)
        reply = await self.web.call("POST", url, data=form, wait_s=FILE_S)
        answer = reply.json()
        if not isinstance(answer, dict):
            raise Transient("VK did not take the file.")
        if answer.get("error"):
            raise Rejected(f"VK does not take the file: {str(answer['error'])[:300]}")
        return answer


def worded(value: object) -> str:
    match value:
        case bool():
            return str(int(value))
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def failure(error: Mapping[str, Any]) -> Exception:
    code = error.get("error_code")
    code = code if isinstance(code, int) else 0
    if code in (5, 27):
        return BadCredentials(NO_TOKEN)
    if code in LATER_S:
        return Transient("VK asks us to slow down, or has trouble.", after_s=LATER_S[code])
    return Refused(code, str(error.get("error_msg") or ""))
