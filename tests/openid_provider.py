"""A provider of OpenID Connect in memory."""

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from attrs import define, field
from cryptography.hazmat.primitives.asymmetric import ec

from homeserver.config.single_sign_on import OpenIdProvider
from homeserver.http.request import Request, header
from homeserver.http.response import Response
from tests.browser import challenge_of
from tests.internet import Internet, Website

ISSUER = "https://login.example"
ADDRESS = "198.51.100.50"
SECRET = "a secret/of=the provider"


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@define(eq=False)
class ProviderOfTests:
    """`told` changes what identity tokens say, `metadata` what the provider says of itself."""

    internet: Internet
    issuer: str = ISSUER
    key: ec.EllipticCurvePrivateKey = field(factory=new_key)
    told: dict[str, Any] = field(factory=dict)
    metadata: dict[str, Any] = field(factory=dict)
    userinfo: dict[str, Any] = field(factory=dict)
    algorithm: str = "ES256"
    asked: list[str] = field(factory=list)
    _codes: dict[str, dict[str, Any]] = field(factory=dict)

    def listens(self, address: str = ADDRESS) -> None:
        host = urlsplit(self.issuer).hostname or ""
        self.internet.hosts[host] = [address]
        self.internet.listen(address, 443, Website(self._answer).factory(self.internet.clock), host)

    def settings(self, **changes: Any) -> OpenIdProvider:
        given = {"id": "example", "name": "Example", "issuer": self.issuer, "client_id": "isthmus"}
        return OpenIdProvider(**{**given, "client_secret": SECRET, **changes})

    def lets_in(self, url: str, **claims: Any) -> str:
        """Somebody signs in at the page that they were sent to; where the browser goes then."""
        assert url.startswith(f"{self.issuer}/authorize?")
        query = {name: it[0] for name, it in parse_qs(urlsplit(url).query).items()}
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"]
        code = f"code{len(self._codes)}"
        self._codes[code] = {**query, "claims": claims}
        back = urlsplit(query["redirect_uri"])
        answer = {"code": code, "state": query["state"], "iss": self.issuer}
        return f"{back.path}?{urlencode(answer)}"

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        answers: dict[str, Callable[[Request], dict[str, Any]]] = {
            "/.well-known/openid-configuration": self._describe,
            "/jwks": self._keys,
            "/token": self._token,
            "/userinfo": lambda _: self.userinfo,
        }
        told = answers[request.path](request)
        status = 400 if "error" in told else 200
        return Response(json.dumps(told).encode(), status, "application/json")

    def _describe(self, _: Request) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            **({"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo else {}),
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def _keys(self, _: Request) -> dict[str, Any]:
        to_jwk: Any = jwt.algorithms.ECAlgorithm.to_jwk
        key = to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": "1", "use": "sig"}]}

    def _token(self, request: Request) -> dict[str, Any]:
        form = {name: it[0] for name, it in parse_qs(request.body.decode()).items()}
        secret = b64decode(header(request, "authorization").partition(" ")[2]).decode()
        assert secret == "isthmus:a%20secret%2Fof%3Dthe%20provider"
        known = self._codes.pop(form["code"], None)
        if known is None or challenge_of(form["code_verifier"]) != known["code_challenge"]:
            return {"error": "invalid_grant"}
        assert form["redirect_uri"] == known["redirect_uri"]
        now_s = self.internet.clock.now_ms() // 1000
        claims = {
            "iss": self.issuer,
            "aud": "isthmus",
            "exp": now_s + 300,
            "iat": now_s,
            "nonce": known["nonce"],
            **known["claims"],
            **self.told,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = self.key
        if self.algorithm == "HS256":
            key = "isthmus" * 8
        elif self.algorithm == "none":
            key = None
        token = jwt.encode(claims, key, self.algorithm, headers={"kid": "1"})
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}
