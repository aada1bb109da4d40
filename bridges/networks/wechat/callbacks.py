"""What Tencent's servers tell us, once it is found genuine."""

import time
from xml.etree.ElementTree import Element

from attrs import field, frozen

from bridges.kit.webhooks import Answer, Request
from bridges.networks.wechat.envelope import NotGenuine, Seal, check, check_time, parsed


@frozen
class Callback:
    """`token` signs; `seal` is there in the safe mode, and always for WeCom."""

    token: str = field(repr=False)
    seal: Seal | None = None
    is_always_sealed: bool = False

    def verified(self, request: Request) -> Answer:
        """What Tencent asks when the owner enters our address at its site."""
        query, echo = request.query, request.query.get("echostr", "")
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if self.is_always_sealed and self.seal:
            check(query.get("msg_signature", ""), self.token, timestamp, nonce, echo)
            return Answer(200, self.seal.open(echo))
        check(query.get("signature", ""), self.token, timestamp, nonce)
        return Answer(200, echo[:200].encode())

    def opened(self, request: Request) -> Element:
        """Raises NotGenuine."""
        query = request.query
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        check_time(timestamp, time.time())
        if self.seal is None:
            check(query.get("signature", ""), self.token, timestamp, nonce)
            return parsed(request.body)
        sealed = parsed(request.body).findtext("Encrypt") or ""
        check(query.get("msg_signature", ""), self.token, timestamp, nonce, sealed)
        return parsed(self.seal.open(sealed))


def refused(error: NotGenuine) -> Answer:
    return Answer(403, str(error).encode())
