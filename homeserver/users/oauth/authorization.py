"""An app asks, a user agrees, and the app gets a code. Spec: "Authorisation code flow"."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from attrs import frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.randomness import Random
from homeserver.storage import oauth_codes, provider_sessions
from homeserver.storage.database import Database
from homeserver.storage.oauth_codes import Code
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import token_hash
from homeserver.users.browsers import Still
from homeserver.users.oauth.clients import CODE, Client, Clients
from homeserver.users.oauth.errors import OAuthError, invalid_request
from homeserver.users.oauth.redirects import matches
from homeserver.users.oauth.scopes import Scope, read_scope

CODE_MS = 120_000
KEPT_MS = 24 * 3600 * 1000
"""So long a used code is remembered, to notice when somebody else brings it, too."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@frozen(kw_only=True)
class Wish:
    """What an app asks for. `prompt` is empty, or how the user is to be asked."""

    client: Client
    answers: "Answers"
    redirect_uri: str
    scope: Scope
    challenge: str
    prompt: str


@frozen
class Answers:
    """Builds the address that the browser is sent back to. RFC 9207 adds the issuer."""

    _redirect_uri: str
    _state: str | None
    _in_fragment: bool
    _issuer: str

    def url(self, **answer: str) -> str:
        if self._state is not None:
            answer["state"] = self._state
        query = urlencode({**answer, "iss": self._issuer})
        if self._in_fragment:
            return f"{self._redirect_uri}#{query}"
        joint = "&" if urlsplit(self._redirect_uri).query else "?"
        return f"{self._redirect_uri}{joint}{query}"


class ToldToApp(Exception):
    """The app is told what is wrong: the browser goes back to it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@frozen
class Authorization:
    _db: Database
    _clock: Clock
    _random: Random
    _clients: Clients
    _issuer: str

    async def read(self, parameters: Mapping[str, list[str]]) -> Wish:
        """Raises OAuthError where nobody can be told but the user, and else ToldToApp."""
        client = await self._clients.find(single(parameters, "client_id"))
        redirect_uri = single(parameters, "redirect_uri")
        if not any(matches(redirect_uri, known) for known in client.redirect_uris):
            raise invalid_request("The address to return to is not one that the app registered.")
        mode = single(parameters, "response_mode", "query")
        state = single(parameters, "state", "") if "state" in parameters else None
        answers = Answers(redirect_uri, state, mode == "fragment", self._issuer)
        try:
            check(parameters, client, mode)
            scope = read_scope(single(parameters, "scope"))
        except OAuthError as error:
            told = answers.url(error=error.error, error_description=error.message)
            raise ToldToApp(told) from None
        return Wish(
            client=client,
            answers=answers,
            redirect_uri=redirect_uri,
            scope=scope,
            challenge=single(parameters, "code_challenge"),
            prompt=single(parameters, "prompt", ""),
        )

    async def agree(self, wish: Wish, user_id: str, still: Still) -> str:
        """Where the browser goes, with a code for the app."""
        text = "ic_" + randomness.token(self._random, 40)
        now_ms = self._clock.now_ms()
        code = Code(
            client_id=wish.client.id,
            user_id=user_id,
            redirect_uri=wish.redirect_uri,
            challenge=wish.challenge,
            scope=wish.scope.text,
            expires_ts=now_ms + CODE_MS,
        )
        await self._db.write(self._agree, token_hash(text), code, still)
        return wish.answers.url(code=text)

    def _agree(self, txn: Transaction, hash: bytes, code: Code, still: Still) -> None:
        provider_sessions.pass_on(txn, still(txn), hash)
        oauth_codes.add(txn, hash, code, self._clock.now_ms() - KEPT_MS)


def check(parameters: Mapping[str, list[str]], client: Client, mode: str) -> None:
    if single(parameters, "response_type", "") != "code" or not client.may_use(CODE):
        raise OAuthError("unsupported_response_type", "'response_type' must be 'code'.")
    if mode not in ("query", "fragment"):
        raise invalid_request("'response_mode' must be 'query' or 'fragment'.")
    if single(parameters, "code_challenge_method", "") != "S256":
        raise invalid_request("'code_challenge_method' must be 'S256'.")
    if not _CHALLENGE.fullmatch(single(parameters, "code_challenge", "")):
        raise invalid_request("'code_challenge' must be a SHA-256 hash in base64url.")
    if single(parameters, "prompt", "") == "none":
        raise OAuthError("interaction_required", "Here people are always asked.")


def single(parameters: Mapping[str, list[str]], name: str, default: str | None = None) -> str:
    """RFC 6749, section 3.1: a parameter comes once."""
    values = parameters.get(name, [])
    if len(values) > 1:
        raise invalid_request(f"'{name}' comes more than once.")
    if values:
        return values[0]
    if default is None:
        raise invalid_request(f"'{name}' is missing.")
    return default
