"""A browser goes to a provider and comes back: the same browser, once, and from there."""

from hmac import compare_digest

from attrs import evolve, frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import Forbidden, NotFound
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.peers.openid_providers import Begun, OpenIdProvider, ProviderError
from homeserver.randomness import Random
from homeserver.storage import external_ids, sso_visits
from homeserver.storage.database import Database
from homeserver.storage.external_ids import ExternalId
from homeserver.storage.sso_visits import SsoVisit
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import token_hash
from homeserver.users.oauth.redirects import source_of
from homeserver.users.sso.external_accounts import ExternalAccounts
from homeserver.users.sso.identities import Identity, identity_of, text_of

LIFETIME_MS = 10 * 60_000

log = logger(__name__)


class NotLetIn(Forbidden):
    """The provider did not say who it is, or not in a way that can be believed."""

    def __init__(self) -> None:
        super().__init__("Signing in there did not work. Try again.")


class SomebodyElse(Forbidden):
    def __init__(self) -> None:
        super().__init__("The provider says that this is somebody else.")


@frozen
class Arrived:
    """`user_id` is empty for a new face; then `state` is what its browser shows again.

    `sid` is what the provider calls its session, or empty. `is_connected` says that somebody who
    was signed in is known there from now on.
    """

    identity: Identity
    next: str
    user_id: str = ""
    state: str = ""
    is_connected: bool = False
    sid: str = ""


@frozen(eq=False)
class SsoVisits:
    _db: Database
    _clock: Clock
    _random: Random
    _accounts: ExternalAccounts
    providers: dict[str, OpenIdProvider]

    def provider(self, id: str) -> OpenIdProvider:
        found = self.providers.get(id)
        if found is None:
            raise NotFound("There is no such provider.")
        return found

    async def origins(self) -> list[str]:
        """Of the pages where people sign in there, as far as they are known."""
        found = []
        for id, provider in self.providers.items():
            try:
                endpoint = (await provider.metadata()).authorization_endpoint
            except ProviderError as error:
                log.warning("the provider %s: %s", id, error)
                continue
            found.append(source_of(endpoint))
        return found

    async def begin(
        self, id: str, browser: str, next: str, user_id: str = "", *, proves: bool = False
    ) -> str:
        """Where the browser goes; `user_id` is who wants to be known there, or `proves` to be."""
        provider = self.provider(id)
        state, nonce, verifier = (randomness.token(self._random, 48) for _ in range(3))
        visit = SsoVisit(
            browser=token_hash(browser),
            provider=id,
            nonce=nonce,
            verifier=verifier,
            next=next,
            user_id=user_id,
            claims={},
            expires_ts=self._clock.now_ms() + LIFETIME_MS,
            proves=proves,
        )
        try:
            url = await provider.url(Begun(state, nonce, verifier, is_anew=proves))
        except ProviderError as error:
            log.warning("the provider %s: %s", id, error)
            raise NotLetIn() from None
        await self._db.write(sso_visits.add, token_hash(state), visit, self._clock.now_ms())
        return url

    async def arrive(self, id: str, browser: str, state: str, answer: dict[str, str]) -> Arrived:
        """Who has come back; raises NotLetIn, KnownElsewhere or SomebodyElse."""
        hash, now_ms = token_hash(state), self._clock.now_ms()
        visit = await self._db.write(sso_visits.take, hash, now_ms)
        if visit is None or visit.claims or visit.provider != id or not is_of(visit, browser):
            raise NotLetIn()
        provider = self.provider(id)
        begun = Begun(state, visit.nonce, visit.verifier, visit.proves)
        try:
            if "error" in answer or "code" not in answer:
                raise ProviderError(f"it says {answer.get('error', 'nothing')[:100]!r}")
            claims = await provider.claims(answer["code"], answer.get("iss"), begun)
        except ProviderError as error:
            log.warning("nobody came in through %s: %s", id, error)
            raise NotLetIn() from None
        identity = identity_of(claims, provider.settings)
        waiting = randomness.token(self._random)
        sid = text_of(claims, "sid")
        arrived = await self._db.write(self._arrived, visit, identity, waiting, sid)
        return evolve(arrived, sid=sid)

    async def new_face(self, browser: str, state: str) -> Arrived:
        """Who has come back in this browser and has no account yet; raises NotLetIn."""
        visit = await self._db.glance(sso_visits.find, token_hash(state), self._clock.now_ms())
        return Arrived(new_identity(visit, browser), visit.next if visit else "", state=state)

    async def register(
        self, browser: str, state: str, username: str, agreed: JsonObject
    ) -> Arrived:
        """Make the account; raises NotLetIn, InvalidUsername, Exclusive or UserInUse."""
        user_id = await self._accounts.is_free(username)
        return await self._db.write(self._register, browser, token_hash(state), user_id, agreed)

    # -- inside

    def _arrived(
        self, txn: Transaction, visit: SsoVisit, identity: Identity, state: str, sid: str
    ) -> Arrived:
        known = external_ids.find(txn, ExternalId(identity.provider, identity.subject))
        if visit.proves:
            if known != visit.user_id:
                raise SomebodyElse()
            return Arrived(identity, visit.next, visit.user_id)
        if visit.user_id:
            if known != visit.user_id:
                self._accounts.connect(txn, identity, visit.user_id)
            return Arrived(identity, visit.next, visit.user_id, is_connected=True)
        if known is not None:
            return Arrived(identity, visit.next, known)
        if not self.provider(visit.provider).settings.makes_accounts:
            raise NotLetIn()
        now_ms = self._clock.now_ms()
        claims: JsonObject = {
            "sub": identity.subject,
            "username": identity.username,
            "name": identity.name,
            "email": identity.email,
            "sid": sid,
        }
        waiting = evolve(visit, claims=claims, expires_ts=now_ms + LIFETIME_MS)
        sso_visits.add(txn, token_hash(state), waiting, now_ms)
        return Arrived(identity, visit.next, state=state)

    def _register(
        self, txn: Transaction, browser: str, hash: bytes, user_id: str, agreed: JsonObject
    ) -> Arrived:
        visit = sso_visits.take(txn, hash, self._clock.now_ms())
        identity = new_identity(visit, browser)
        self._accounts.make(txn, identity, user_id, agreed)
        sid = str(visit.claims.get("sid", "")) if visit else ""
        return Arrived(identity, visit.next if visit else "", user_id, sid=sid)


def is_of(visit: SsoVisit, browser: str) -> bool:
    return compare_digest(visit.browser, token_hash(browser))


def new_identity(visit: SsoVisit | None, browser: str) -> Identity:
    """Raises NotLetIn for another browser, or where nobody new has come back."""
    if visit is None or not visit.claims or not is_of(visit, browser):
        raise NotLetIn()
    claims = visit.claims
    return Identity(
        provider=visit.provider,
        subject=claims["sub"],
        username=claims["username"],
        name=claims["name"],
        email=claims["email"],
    )
