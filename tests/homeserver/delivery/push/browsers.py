"""A browser with a subscription, which can read what is sent to it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import http_ece
from attrs import define, field
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.homeserver.delivery.push.conftest import Gateway
from tests.people import JsonObject

KIND = "org.matrix.msc4174.webpush"
AUTH = b"sixteen bytes !!"


@define(eq=False)
class Browser:
    """`service` stands for the push service of its maker."""

    service: Gateway
    key: ec.EllipticCurvePrivateKey = field(factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def p256dh(self) -> str:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return b64(point)

    @property
    def url(self) -> str:
        return f"https://{self.service.name}/push/abc"

    def pusher(self, **data: Any) -> JsonObject:
        return {
            "pushkey": self.p256dh,
            "kind": KIND,
            "app_id": "org.example.web",
            "app_display_name": "App",
            "device_display_name": "Browser",
            "lang": "en",
            "data": {"url": self.url, "auth": b64(AUTH), **data},
        }

    def hears(self) -> list[JsonObject]:
        """What has been sent to it since this was asked last."""
        bodies = [request.body for request in self.service.requests]
        self.service.requests.clear()
        return [
            json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=AUTH))
            for body in bodies
        ]


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
