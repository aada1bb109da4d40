"""Application services that speak for their users.

Spec: Application Service API, "Identity assertion".
"""

from collections.abc import Awaitable

from attrs import evolve

from homeserver.errors import Forbidden, MatrixError, MissingToken, UnknownToken
from homeserver.http.request import Request
from homeserver.http.requester import Requester
from homeserver.storage import accounts, devices
from homeserver.storage.database import Database
from homeserver.storage.known_sessions import KnownSessions, Session
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppService, AppServices, token_hash
from homeserver.users.second_factors import SingleProofs
from homeserver.users.sessions import UserDeactivated, UserLocked, requester_of


class UnknownDevice(MatrixError):
    errcode = "M_UNKNOWN_DEVICE"


class Masquerade:
    def __init__(
        self,
        appservices: AppServices,
        db: Database,
        known: KnownSessions,
        single_proofs: SingleProofs,
    ) -> None:
        self.appservices = appservices
        self._db = db
        self._known = known
        self._single_proofs = single_proofs

    def service_of(self, request: Request) -> AppService:
        """For what only application services may ask for; raises MissingToken or UnknownToken."""
        token = request.access_token()
        if token is None:
            raise MissingToken("Send the application service's token.")
        service = self.appservices.of_token(token_hash(token))
        if service is None:
            raise UnknownToken("This is not the token of an application service.")
        return service

    def is_unlimited(self, request: Request) -> bool:
        if not self.appservices.all or (token := request.access_token()) is None:
            return False
        service = self.appservices.of_token(token_hash(token))
        return service is not None and not service.is_rate_limited

    def identify(self, service: AppService, request: Request) -> Requester | Awaitable[Requester]:
        """Whom it speaks for: the user and device that the query names, or its own sender."""
        if self.appservices.heard is not None:
            self.appservices.heard(service.id)
        user_id, device_id = service.sender, ""
        if request.query:
            user_id = request.text("user_id") or service.sender
            device_id = request.text("device_id") or request.text("org.matrix.msc3202.device_id")
        key = (service.id, user_id, device_id)
        session = self._known.get(key)
        if session is not None:
            if device_id and request.path.endswith("/sync"):
                self.appservices.syncing.add((user_id, device_id))
            return session.requester
        if "\0" in device_id:
            raise UnknownDevice("The user has no device of this id.")
        if not service.speaks_for(user_id) or "\0" in user_id:
            raise Forbidden("The application service may not speak for this user.")
        return self._find(service, user_id, device_id)

    async def _find(self, service: AppService, user_id: str, device_id: str) -> Requester:
        age = self._known.age
        requester = await self._db.glance(self._requester, service, user_id, device_id)
        self._known.put((service.id, user_id, device_id), Session(requester), age)
        return requester

    def _requester(
        self, txn: Transaction, service: AppService, user_id: str, device_id: str
    ) -> Requester:
        account = accounts.find(txn, user_id)
        if account is None:
            raise Forbidden("The application service has not registered this user.")
        if account.is_deactivated:
            raise UserDeactivated()
        if account.is_locked:
            raise UserLocked()
        if account.appservice != service.id and user_id != service.sender:
            # The service's token is one proof, too.
            self._single_proofs.refuse(txn, user_id)
        if device_id and not devices.exists(txn, user_id, device_id):
            raise UnknownDevice("The user has no device of this id.")
        requester = requester_of(account, device_id, 0, service.id)
        is_free = account.is_unlimited or user_id == service.sender or not service.is_rate_limited
        return evolve(requester, is_unlimited=is_free)
