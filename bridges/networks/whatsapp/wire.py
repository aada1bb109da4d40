"""Calls of the Cloud API for one business number, and its errors in the kit's words."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import aiohttp
from attrs import define, field

from bridges.kit.failures import BadCredentials, Rejected, Transient, WindowClosed
from bridges.kit.json_values import JsonObject
from bridges.kit.web import FILE_S, Lost, Reply, Web

NO_TOKEN = "WhatsApp no longer takes the token. Make a new one and log in again."
WINDOW = (
    "They have not written for 24 hours. Until they do, WhatsApp lets businesses send them "
    "approved templates only."
)
LATER_S = {
    **{1: 5.0, 2: 5.0, 4: 60.0, 80007: 60.0, 130429: 5.0, 131000: 10.0, 131016: 30.0},
    **{131056: 6.0, 131057: 300.0, 133004: 30.0},
}
"""Of the errors that pass, how long to wait."""
REFUSALS = {
    3: "The token lacks the right for that.",
    10: "The token lacks the right to messages.",
    33: "WhatsApp does not know this business number.",
    100: "WhatsApp does not understand what it was asked.",
    368: "Meta has restricted the account for breaking its rules.",
    131005: "The token lacks the right for that.",
    131008: "WhatsApp misses something in the message.",
    131009: "WhatsApp does not take a value in the message.",
    131021: "That is the business number itself.",
    131026: "WhatsApp cannot deliver to them: they may not be on WhatsApp, or use an old version.",
    131030: "Their number is not among those that a test account may write to.",
    131031: "Meta has locked the business account.",
    131037: "The display name of the business number is not approved yet.",
    131042: "Something is wrong with the payment of the business account.",
    131048: "WhatsApp holds the number back: too many people have blocked or reported it.",
    131049: "WhatsApp did not deliver it, to keep people from too many messages of businesses.",
    131050: "They do not want messages of this kind from the business.",
    131051: "WhatsApp cannot carry messages of this kind.",
    131052: "WhatsApp could not fetch the file.",
    131053: "WhatsApp does not take the file.",
    131062: "WhatsApp needs their telephone number for that.",
    132001: "There is no such template in that language, or it is not approved.",
    133010: "The business number is not registered with the Cloud API.",
}


class Refused(Rejected):
    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@define(eq=False)
class Wire:
    web: Web
    number: str
    _api: str
    _token: str = field(repr=False)

    async def about(self) -> JsonObject:
        fields = "verified_name,display_phone_number"
        return understood(await self._call("GET", self.number, params={"fields": fields}))

    async def post(self, body: Mapping[str, object]) -> JsonObject:
        given = {"messaging_product": "whatsapp", **body}
        return understood(await self._call("POST", f"{self.number}/messages", json=given))

    async def upload(self, mime: str, name: str, content: bytes) -> str:
        """The id by which messages name the file."""
        form = aiohttp.FormData()
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", mime)
        form.add_field("file", content, filename=name or "file", content_type=mime)
        path = f"{self.number}/media"
        answer = understood(await self._call("POST", path, data=form, wait_s=FILE_S))
        return str(answer.get("id") or "")

    async def download(self, media_id: str, max_bytes: int) -> bytes:
        about = understood(await self._call("GET", media_id))
        url, size = about.get("url"), about.get("file_size")
        if not isinstance(url, str):
            raise Rejected("WhatsApp no longer has that file.")
        if isinstance(size, int) and size > max_bytes:
            raise Rejected(f"The file is larger than {max_bytes:,} bytes.")
        content = (await self.web.fetch(url, max_bytes, self._headers())).body
        digest = about.get("sha256")
        if isinstance(digest, str) and len(digest) == 64 and sha256(content).hexdigest() != digest:
            raise Transient("WhatsApp handed out the file incompletely.")
        return content

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    async def _call(self, method: str, path: str, **request: Any) -> Reply:
        headers = self._headers()
        return await self.web.call(method, f"{self._api}/{path}", headers=headers, **request)


def understood(reply: Reply) -> JsonObject:
    answer = reply.json()
    if not isinstance(answer, dict):
        raise Lost("WhatsApp answers what we do not understand.")
    if isinstance(error := answer.get("error"), dict):
        raise failure(error)
    if reply.status >= 400:
        raise Lost("WhatsApp has trouble of its own.")
    return answer


def failure(error: Mapping[str, Any]) -> Exception:
    code = error.get("code")
    code = code if isinstance(code, int) else -1
    if code in (0, 190):
        return BadCredentials(NO_TOKEN)
    if code in LATER_S:
        return Transient("WhatsApp asks us to slow down, or has trouble.", after_s=LATER_S[code])
    if code == 131047:
        return WindowClosed(WINDOW)
    return Refused(code, in_words(error))


def in_words(error: Mapping[str, Any]) -> str:
    """Of an error in an answer or in a status."""
    code, details = error.get("code"), error.get("error_data")
    if code == 131047:
        return WINDOW
    if isinstance(code, int) and code in REFUSALS:
        return REFUSALS[code]
    more = details.get("details") if isinstance(details, dict) else None
    words = more or error.get("message") or error.get("title") or "no reason"
    return f"WhatsApp says: {str(words)[:300]} ({code})"
