"""The stages of interactive authentication. Spec: Client-Server API, "Authentication types"."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.config.accounts import Policy
from homeserver.errors import Forbidden
from homeserver.http.request import field
from homeserver.json_values import JsonObject, JsonValue
from homeserver.users.credentials import Credentials, identified_user
from homeserver.users.guesses import Place
from homeserver.users.mail_proofs import MailProofs
from homeserver.users.registration_tokens import RegistrationTokens
from homeserver.users.second_factors import SingleProofs
from homeserver.users.sessions import UserLocked

DUMMY = "m.login.dummy"
TERMS = "m.login.terms"
REGISTRATION_TOKEN = "m.login.registration_token"
EMAIL = "m.login.email.identity"


@frozen
class Dummy:
    """Proves nothing but that the client can speak."""

    def params(self) -> JsonObject | None:
        return None

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        return True


@frozen
class Terms:
    """Proves agreement with the policies, of the versions that stand here."""

    _policies: Sequence[Policy]

    def params(self) -> JsonObject | None:
        policies: JsonObject = {}
        for policy in self._policies:
            document = policies.setdefault(policy.id, {"version": policy.version})
            document[policy.language] = {"name": policy.name, "url": policy.url}
        return {"policies": policies}

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        return {policy.id: policy.version for policy in self._policies}


@frozen
class TokenOfRegistration:
    """Proves that somebody was given a registration token: the token itself."""

    _tokens: RegistrationTokens

    def params(self) -> JsonObject | None:
        return None

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        token: str = field(auth, "token", str)
        if not await self._tokens.is_valid(token):
            raise Forbidden("This registration token is not valid.")
        return token


@frozen
class Password:
    """Proves who it is: the user id. Not where more than a password is needed."""

    _credentials: Credentials
    _single_proofs: SingleProofs

    def params(self) -> JsonObject | None:
        return None

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        user = identified_user(auth, default=user_id or None)
        password: str = field(auth, "password", str)
        if user_id:
            named = await self._credentials.account_of(user)
            if named is None or named.user_id != user_id:
                raise Forbidden("This is not the user who is logged in.")
        account = await self._credentials.check(user, password, place)
        if account.is_locked:
            raise UserLocked()
        await self._single_proofs.check(account.user_id)
        return account.user_id


@frozen
class MailIdentity:
    """Proves that somebody reads the letters of an address: what for, the address, whose it is."""

    _proofs: MailProofs
    _single_proofs: SingleProofs

    def params(self) -> JsonObject | None:
        return None

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        creds: JsonObject = field(auth, "threepid_creds", dict)
        id: str = field(creds, "sid", str)
        proof = await self._proofs.of_app(id, field(creds, "client_secret", str))
        if user_id and proof.user_id != user_id:
            raise Forbidden("This address is not that of the user who is logged in.")
        if proof.user_id:
            await self._single_proofs.check(proof.user_id)
        return {"purpose": proof.purpose, "address": proof.address, "user_id": proof.user_id}
