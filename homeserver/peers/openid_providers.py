"""Providers of OpenID Connect: where people are sent, and who they are who come back.

OpenID Connect Core 1.0, Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (the issuer in the answer).
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import quote, urlencode

import jwt
from attrs import define, field, frozen

from homeserver.clock import Clock
from homeserver.config.single_sign_on import OpenIdProvider as Settings
from homeserver.http.client import Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.json_values import JsonObject

LIMITS = Limits(seconds=15.0, size=256 * 1024)
METADATA_MS = 3_600_000
KEYS_MS = 60_000
"""So often at most keys are asked for again because of an unknown one."""
LEEWAY_S = 60
MAX_AGE_S = 600
"""An identity token that is older than this was not made for us now."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures alone: with a shared secret anybody could be told to be anybody."""


LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
MAX_TEXT = 255


class ProviderError(Exception):
    """Why nobody came in. The text is for logs."""


@frozen
class Metadata:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    sends_issuer: bool
    is_basic: bool
    """Whether the secret goes into a header, not into the form."""


@frozen
class Begun:
    """What a browser was sent out with."""

    state: str
    nonce: str
    verifier: str
    is_anew: bool = False
    """Whether people are to sign in there again, though they have done so before."""


@frozen
class LoggedOut:
    """`sid` is empty where all sessions of `sub` ended, `sub` where only the session is named."""

    jti: str
    sub: str
    sid: str


@define(eq=False)
class OpenIdProvider:
    """`_callback` is where it sends people back to."""

    settings: Settings
    _client: Client
    _clock: Clock
    _callback: str
    _metadata: Metadata | None = field(default=None, init=False)
    _metadata_ts: int = field(default=0, init=False)
    _keys: dict[str, jwt.PyJWK] = field(factory=dict, init=False)
    _keys_ts: int = field(default=-KEYS_MS, init=False)

    async def url(self, begun: Begun) -> str:
        """Where the browser goes; raises ProviderError."""
        metadata = await self.metadata()
        digest = sha256(begun.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._callback,
            "scope": " ".join(self.settings.scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **({"prompt": "login"} if begun.is_anew else {}),
        }
        endpoint = metadata.authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def claims(self, code: str, issuer: str | None, begun: Begun) -> JsonObject:
        """Who has come back with a code; raises ProviderError."""
        metadata = await self.metadata()
        if issuer is None:
            if metadata.sends_issuer:
                raise ProviderError("the answer does not name its issuer")
        elif issuer != self.settings.issuer:
            raise ProviderError("the answer comes from another issuer")
        tokens = await self._tokens(metadata, code, begun.verifier)
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("there is no identity token")
        claims = await self._verified(metadata, token, begun)
        if metadata.userinfo_endpoint and self._wants_more(claims):
            more = await self._userinfo(metadata, str(tokens.get("access_token", "")))
            if more.get("sub") != claims["sub"]:
                raise ProviderError("the user information is about somebody else")
            claims = {**more, **claims}
        return claims

    async def logged_out(self, token: str) -> LoggedOut:
        """Which session has ended there; raises ProviderError. Back-Channel Logout, section 2.6."""
        claims = await self._decoded(await self.metadata(), token, ("iss", "aud", "iat", "jti"))
        self._check_times(claims["iat"], claims.get("exp", self._now_s()))
        told = claims.get("events")
        if not isinstance(told, dict) or not isinstance(told.get(LOGOUT_EVENT), dict):
            raise ProviderError("this is no logout token")
        # A token that lets somebody in is not to throw somebody out.
        if "nonce" in claims:
            raise ProviderError("the logout token has a nonce")
        names = [claims.get(name, "") for name in ("jti", "sub", "sid")]
        if not all(isinstance(it, str) and len(it) <= MAX_TEXT for it in names):
            raise ProviderError("the logout token has strange claims")
        jti, sub, sid = names
        if not jti or not (sub or sid):
            raise ProviderError("the logout token names no session and nobody")
        return LoggedOut(jti, sub, sid)

    async def metadata(self) -> Metadata:
        now_ms = self._clock.now_ms()
        if self._metadata is None or now_ms - self._metadata_ts > METADATA_MS:
            issuer = self.settings.issuer
            found = await self._json(Outgoing("GET", discovery_url(issuer)))
            self._metadata, self._metadata_ts = metadata_of(found, issuer), now_ms
        return self._metadata

    # -- inside

    async def _tokens(self, metadata: Metadata, code: str, verifier: str) -> JsonObject:
        settings = self.settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": verifier,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        if settings.client_secret is None:
            form["client_id"] = settings.client_id
        elif metadata.is_basic:
            # RFC 6749, section 2.3.1: both are encoded as in forms first.
            pair = f"{quote(settings.client_id, '')}:{quote(settings.client_secret, '')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": settings.client_id, "client_secret": settings.client_secret}
        body = urlencode(form).encode()
        return await self._json(Outgoing("POST", metadata.token_endpoint, headers, body))

    async def _verified(self, metadata: Metadata, token: str, begun: Begun) -> JsonObject:
        """Core, section 3.1.3.7."""
        claims = await self._decoded(metadata, token, ("iss", "aud", "exp", "iat", "sub"))
        self._check(claims, begun.nonce)
        if begun.is_anew:
            self._check_came_anew(claims)
        return claims

    async def _decoded(
        self, metadata: Metadata, token: str, required: tuple[str, ...]
    ) -> JsonObject:
        """What the provider has signed for us. Times are for our own clock to compare."""
        try:
            key = await self._key(metadata, jwt.get_unverified_header(token).get("kid"))
            claims: JsonObject = jwt.decode(
                token,
                key=key,
                algorithms=list(ALGORITHMS),
                audience=self.settings.client_id,
                issuer=self.settings.issuer,
                options={
                    "require": list(required),
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise ProviderError(f"the token is not good: {error}") from None
        return claims

    def _check(self, claims: JsonObject, nonce: str) -> None:
        self._check_times(claims["iat"], claims["exp"])
        told = claims.get("nonce")
        if not isinstance(told, str) or not compare_digest(told.encode(), nonce.encode()):
            raise ProviderError("the identity token was not made for this browser")
        audience = claims["aud"]
        is_shared = isinstance(audience, list) and len(audience) > 1
        if (is_shared or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise ProviderError("the identity token was made for another party")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= MAX_TEXT:
            raise ProviderError("the identity token has a strange subject")

    def _check_times(self, iat: object, exp: object) -> None:
        if not isinstance(iat, int | float) or not isinstance(exp, int | float):
            raise ProviderError("the token has strange times")
        now_s = self._now_s()
        if exp + LEEWAY_S < now_s or not -LEEWAY_S <= now_s - iat <= MAX_AGE_S:
            raise ProviderError("the token is too old, or not good yet")

    def _check_came_anew(self, claims: JsonObject) -> None:
        """As far as it is told: few providers say when somebody signed in there."""
        since = claims.get("auth_time")
        if since is None:
            return
        if not isinstance(since, int | float) or self._now_s() - since > MAX_AGE_S:
            raise ProviderError("nobody has signed in there anew")

    def _now_s(self) -> float:
        return self._clock.now_ms() / 1000

    async def _key(self, metadata: Metadata, kid: str | None) -> jwt.PyJWK:
        now_ms = self._clock.now_ms()
        if (kid or "") not in self._keys and now_ms - self._keys_ts >= KEYS_MS:
            found = await self._json(Outgoing("GET", metadata.jwks_uri))
            self._keys, self._keys_ts = keys_of(found), now_ms
        key = self._keys.get(kid or "")
        if key is None and kid is None and len(self._keys) == 1:
            (key,) = self._keys.values()
        if key is None:
            raise ProviderError("the identity token is signed with an unknown key")
        return key

    def _wants_more(self, claims: JsonObject) -> bool:
        settings = self.settings
        wanted = (settings.username_claim, settings.name_claim, settings.email_claim)
        return any(name not in claims for name in wanted)

    async def _userinfo(self, metadata: Metadata, token: str) -> JsonObject:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return await self._json(Outgoing("GET", metadata.userinfo_endpoint, headers))

    async def _json(self, outgoing: Outgoing) -> JsonObject:
        try:
            answer = await self._client.request(outgoing, LIMITS)
            value = answer.json()
        except (OutgoingError, ValueError) as error:
            raise ProviderError(f"{outgoing.url}: {error}") from None
        if answer.status != 200 or not isinstance(value, dict):
            raise ProviderError(f"{outgoing.url} answers {answer.status}")
        return value


def discovery_url(issuer: str) -> str:
    """OpenID Connect Discovery, section 4."""
    return f"{issuer}/.well-known/openid-configuration"


def metadata_of(found: Mapping[str, object], issuer: str) -> Metadata:
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise ProviderError("the metadata name another issuer")
    scheme = "https://" if issuer.startswith("https://") else "http"

    def endpoint(name: str, default: str | None = None) -> str:
        value = found.get(name, default)
        if value == default == "":
            return ""
        if not isinstance(value, str) or not value.startswith(scheme):
            raise ProviderError(f"the metadata have no good '{name}'")
        return value

    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        endpoint("authorization_endpoint"),
        endpoint("token_endpoint"),
        endpoint("jwks_uri"),
        endpoint("userinfo_endpoint", ""),
        found.get("authorization_response_iss_parameter_supported") is True,
        isinstance(methods, list) and "client_secret_basic" in methods,
    )


def keys_of(found: JsonObject) -> dict[str, jwt.PyJWK]:
    """By id; those that nobody can use are left out."""
    keys: dict[str, jwt.PyJWK] = {}
    listed = found.get("keys")
    for key in listed[:100] if isinstance(listed, list) else []:
        if not isinstance(key, dict) or key.get("use", "sig") != "sig" or key.get("kty") == "oct":
            continue
        try:
            keys[str(key.get("kid", ""))] = jwt.PyJWK(key)
        except jwt.PyJWTError:
            continue
    return keys
