"""How accounts are made. Spec: Client-Server API, "Account registration"."""

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.config.accounts import Registration as RegistrationSettings
from homeserver.errors import Forbidden, MatrixError, MissingParam
from homeserver.http.request import Request
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.storage import accounts, interactive_auth
from homeserver.storage.accounts import Account
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.accounts import Accounts, UserInUse
from homeserver.users.appservices import AppService, token_hash
from homeserver.users.interactive_auth import Confirmed, Flows, InteractiveAuth, used_already
from homeserver.users.login import check_may_log_in
from homeserver.users.passwords import Passwords
from homeserver.users.registration_mail import RegistrationMail
from homeserver.users.registration_tokens import RegistrationTokens
from homeserver.users.sessions import DeviceWish, Login, Sessions
from homeserver.users.stages import DUMMY, EMAIL, REGISTRATION_TOKEN, TERMS
from homeserver.users.usernames import Usernames


@frozen(kw_only=True)
class NewUser:
    """What somebody who registers asks for. Without `wish` nobody is logged in."""

    username: str | None = None
    password: str | None = None
    wish: DeviceWish | None = None
    guest_access_token: str | None = None
    mail_link: str = ""
    """What the link in a letter carried, where an address was proved on our own pages."""


@frozen(kw_only=True)
class Workshop:
    """What making any account takes."""

    db: Database
    clock: Clock
    usernames: Usernames
    passwords: Passwords
    accounts: Accounts
    sessions: Sessions

    async def make(
        self, account: Account, wish: DeviceWish | None, display_name: str | None = None
    ) -> Login:
        return await self.db.write(self.add, account, wish, display_name)

    def add(
        self,
        txn: Transaction,
        account: Account,
        wish: DeviceWish | None,
        display_name: str | None = None,
    ) -> Login:
        """Store an account, and log it in if wished for."""
        self.accounts.create(txn, account, display_name)
        return self.log_in(txn, account.user_id, wish)

    def log_in(self, txn: Transaction, user_id: str, wish: DeviceWish | None) -> Login:
        return self.sessions.open(txn, user_id, wish) if wish else Login(user_id, "", "")


class RegistrationClosed(Forbidden):
    def __init__(self) -> None:
        super().__init__("This server does not let people make accounts themselves.")


@frozen
class Registration:
    _workshop: Workshop
    _settings: RegistrationSettings
    _interactive_auth: InteractiveAuth
    _tokens: RegistrationTokens
    _mail: RegistrationMail | None
    """None where this server sends no letters."""

    async def flows(self) -> Flows:
        """The ways to register; raises RegistrationClosed if there are none."""
        terms = [TERMS] if self._settings.terms else []
        flows: list[Sequence[str]] = []
        needs = self._settings.needs if self._settings.enabled else "administrator"
        if await self._tokens.awaits_admin() or needs in ("token", "invitation"):
            flows.append([REGISTRATION_TOKEN, *terms])
        if needs == "mail" and self._mail is not None:
            flows.append([EMAIL, *terms])
        if needs == "nothing":
            flows.append(terms or [DUMMY])
        if not flows:
            raise RegistrationClosed()
        return flows

    async def check_username(self, username: str) -> str:
        """The user id that a name would get; raises InvalidUsername, Exclusive or UserInUse."""
        user_id = self._workshop.usernames.user_id(username)
        await self._workshop.accounts.check_free(user_id)
        return user_id

    async def token_is_valid(self, token: str) -> bool:
        await self.flows()
        return await self._tokens.is_valid(token)

    async def register(
        self, request: Request, body: JsonObject, read: Callable[[JsonObject], NewUser]
    ) -> Login:
        """Make an account for a person, who passes the stages of a flow first.

        The last request may say no more than that it is the last: then an earlier body counts.
        """
        flows = await self.flows()
        await self._check(read(body))
        confirmed = await self._interactive_auth.check(request, body, "", flows, may_change=True)
        new = read(confirmed.body)
        await self._check(new)
        return await self._finish(confirmed, new)

    async def register_with(self, new: NewUser, completed: dict[str, JsonValue]) -> Login:
        """`register` for our own pages, which ask for all stages at once."""
        if not any(set(flow) <= completed.keys() for flow in await self.flows()):
            raise Forbidden("Something that is needed to register is missing.")
        await self._check(new)
        return await self._finish(Confirmed({}, completed, ""), new)

    async def register_guest(self, display_name: str | None) -> Login:
        if not self._settings.guests_enabled:
            raise Forbidden("This server has no guests.")
        user_id = self._workshop.usernames.any_user_id("guest-")
        account = Account(user_id=user_id, created_ts=self._now_ms(), is_guest=True)
        return await self._workshop.make(account, DeviceWish(display_name=display_name))

    async def register_for_service(
        self, service: AppService, username: str, wish: DeviceWish | None
    ) -> Login:
        """Application services make users in their namespaces, without passwords."""
        user_id = self._workshop.usernames.user_id(username, service)
        account = Account(user_id=user_id, created_ts=self._now_ms(), appservice=service.id)
        return await self._workshop.make(account, wish)

    # -- inside

    async def _check(self, new: NewUser) -> None:
        """What can be told before the stages."""
        if new.password is not None:
            await self._workshop.passwords.check(new.password)
        if new.username is not None:
            user_id = self._workshop.usernames.user_id(new.username)
            if new.guest_access_token is None:
                await self._workshop.accounts.check_free(user_id)

    async def _finish(self, confirmed: Confirmed, new: NewUser) -> Login:
        if new.password is None:
            raise MissingParam("'password' is missing.")
        usernames = self._workshop.usernames
        user_id = usernames.user_id(new.username) if new.username else usernames.any_user_id()
        if new.guest_access_token is not None:
            await self._check_guest(new.guest_access_token, user_id)
        agreed = confirmed.completed.get(TERMS)
        account = Account(
            user_id=user_id,
            created_ts=self._now_ms(),
            password_hash=await self._workshop.passwords.hash(new.password),
            agreed_terms=encode(agreed).decode() if agreed else None,
        )
        login = await self._workshop.db.write(self._register, account, confirmed, new)
        self._interactive_auth.bodies.forget(confirmed.session)
        return login

    def _register(
        self, txn: Transaction, account: Account, confirmed: Confirmed, new: NewUser
    ) -> Login:
        if confirmed.session and not interactive_auth.remove(txn, confirmed.session):
            raise used_already()
        if token := confirmed.completed.get(REGISTRATION_TOKEN):
            account = evolve(account, is_admin=self._tokens.redeem(txn, token))
        if self._mail is not None and EMAIL in confirmed.completed:
            self._mail.keep(txn, account.user_id, confirmed.completed[EMAIL], new.mail_link)
        if new.guest_access_token is None:
            return self._workshop.add(txn, account, new.wish)
        check_is_guest(accounts.find(txn, account.user_id))
        self._workshop.accounts.change(
            txn,
            account.user_id,
            is_guest=False,
            is_admin=account.is_admin,
            password_hash=account.password_hash,
        )
        return self._workshop.log_in(txn, account.user_id, new.wish)

    async def _check_guest(self, token: str, user_id: str) -> None:
        """Guests keep their user id when they become users. Spec: "Guest Access"."""
        session = await self._workshop.sessions.find(token_hash(token))
        if not session.requester.is_guest or session.requester.user_id != user_id:
            raise MatrixError("'username' must be that of the guest.", errcode="M_INVALID_USERNAME")

    def _now_ms(self) -> int:
        return self._workshop.clock.now_ms()


def check_is_guest(account: Account | None) -> None:
    """Still, and one who may come in."""
    check_may_log_in(account)
    if account is None or not account.is_guest:
        raise UserInUse("This guest has become a user already.")
