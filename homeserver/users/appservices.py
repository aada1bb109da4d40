"""Application services, as their registration files describe them.

Spec: Application Service API, "Registration".
"""

from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from homeserver.errors import CannotStart
from homeserver.events.ids import domain_of, is_new_user_id
from homeserver.http.client import split_url
from homeserver.http.outgoing_errors import BadAnswer
from homeserver.storage import accounts
from homeserver.storage.transaction import Transaction
from homeserver.users.namespaces import BadPattern, Namespace, namespace


class BadRegistration(CannotStart):
    """A registration file that cannot be used; the message names the file and the key."""


@frozen(kw_only=True)
class AppService:
    """`url` is None where the service wants no transactions. `sender` is a user id."""

    id: str
    url: str | None
    as_token: str
    hs_token: str
    sender: str
    users: tuple[Namespace, ...]
    aliases: tuple[Namespace, ...]
    rooms: tuple[Namespace, ...]
    protocols: tuple[str, ...] = ()
    is_rate_limited: bool = False
    receives_ephemeral: bool = False
    receives_device_changes: bool = False
    """MSC3202: lists of devices, and counts of one-time keys, in transactions."""
    manages_devices: bool = False
    """MSC4190: its devices come and go without logins."""

    def speaks_for(self, user_id: str) -> bool:
        """Only users of this server are a service's, whatever its patterns say."""
        if domain_of(user_id) != domain_of(self.sender):
            return False
        return user_id == self.sender or any(space.holds(user_id) for space in self.users)

    def reserves_user(self, user_id: str) -> bool:
        return user_id == self.sender or any(
            space.exclusive and space.holds(user_id) for space in self.users
        )

    def reserves_alias(self, alias: str) -> bool:
        return any(space.exclusive and space.holds(alias) for space in self.aliases)


class AppServices:
    """All of them, by token and by id.

    `syncing` are devices, by user and id, for which a service has asked for /sync. `heard` is told
    the id of a service that asks for something, while anybody wants to know. `changed` are called
    when one has come or gone.
    """

    all: tuple[AppService, ...]

    def __init__(self, services: Iterable[AppService] = ()) -> None:
        self.syncing: set[tuple[str, str]] = set()
        self.heard: Callable[[str], None] | None = None
        self.changed: list[Callable[[], None]] = []
        self._set(tuple(services))

    def take(self, service: AppService) -> None:
        """Another one, or one that has changed; raises BadRegistration."""
        self._set((*(it for it in self.all if it.id != service.id), service))

    def drop(self, id: str) -> None:
        self._set(tuple(it for it in self.all if it.id != id))

    def _set(self, services: tuple[AppService, ...]) -> None:
        check_distinct(services)
        self._by_id = {service.id: service for service in services}
        self._by_token = {token_hash(service.as_token): service for service in services}
        self.all = services
        for tell in self.changed:
            tell()

    def find(self, id: str) -> AppService | None:
        return self._by_id.get(id)

    def of_token(self, hash: bytes) -> AppService | None:
        """Whose `as_token` has this SHA-256 hash."""
        return self._by_token.get(hash)

    def user_is_reserved(self, user_id: str, besides: AppService | None = None) -> bool:
        """Whether another service than `besides` has the user id for itself."""
        return any(it.reserves_user(user_id) for it in self.all if it is not besides)

    def may_speak(self, service: str, user_id: str) -> bool:
        """Whether the service of this id may speak for a user."""
        found = self.find(service)
        return found is not None and found.speaks_for(user_id)

    def alias_is_reserved(self, alias: str, besides: AppService | None = None) -> bool:
        return any(it.reserves_alias(alias) for it in self.all if it is not besides)

    def alias_is_closed_to(self, alias: str, service: str) -> bool:
        """Whether the service of this id, or a person if it is empty, may not make the alias:
        it belongs to another, or lies outside of the service's own namespaces.
        """
        own = self.find(service)
        if own is not None and not any(space.holds(alias) for space in own.aliases):
            return True
        return self.alias_is_reserved(alias, own)

    def knows_user(self, txn: Transaction, user_id: str) -> bool:
        """Whether there is such a user here, or a service will make one once it is spoken to."""
        if accounts.exists(txn, user_id):
            return True
        return any(
            it.reserves_user(user_id) or (it.url is not None and it.speaks_for(user_id))
            for it in self.all
        )


def check_distinct(services: tuple[AppService, ...]) -> None:
    """Requests are told apart by these. Spec: "MUST be unique per application service"."""
    ids = Counter(service.id for service in services)
    tokens = Counter(service.as_token for service in services)
    if twice := [id for id, count in ids.items() if count > 1]:
        raise BadRegistration(f"Two application services have the `id` {twice[0]!r}.")
    if twice := [service.id for service in services if tokens[service.as_token] > 1]:
        raise BadRegistration(
            f"The application services {' and '.join(map(repr, twice))} have the same `as_token`."
        )


def token_hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "replace")).digest()


def load(paths: Iterable[Path], server_name: str) -> AppServices:
    """Read registration files; raises BadRegistration."""
    return AppServices(read_file(path, server_name) for path in paths)


def read_file(path: Path, server_name: str) -> AppService:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadRegistration(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise BadRegistration(f"{path}: this is not an application service's registration.")
    try:
        return read(document, server_name)
    except BadRegistration as error:
        raise BadRegistration(f"{path}: {error}") from None


def read(document: dict[str, Any], server_name: str) -> AppService:
    """A registration as YAML has it."""
    sender = f"@{text(document, 'sender_localpart')}:{server_name}"
    if not is_new_user_id(sender):
        raise BadRegistration("`sender_localpart` is not a localpart of a user id.")
    namespaces = document.get("namespaces") or {}
    if not isinstance(namespaces, dict):
        raise BadRegistration("`namespaces` must hold `users`, `aliases` and `rooms`.")
    return AppService(
        id=text(document, "id"),
        url=url_of(document),
        as_token=text(document, "as_token"),
        hs_token=text(document, "hs_token"),
        sender=sender,
        users=spaces(namespaces, "users"),
        aliases=spaces(namespaces, "aliases"),
        rooms=spaces(namespaces, "rooms"),
        protocols=tuple(map(str, document.get("protocols") or ())),
        is_rate_limited=document.get("rate_limited") is True,
        receives_ephemeral=flag(
            document, "receive_ephemeral", "de.sorunome.msc2409.push_ephemeral"
        ),
        receives_device_changes=flag(document, "org.matrix.msc3202"),
        manages_devices=flag(document, "io.element.msc4190"),
    )


def url_of(document: dict[str, Any]) -> str | None:
    if "url" not in document:
        raise BadRegistration("`url` is missing; it is null where nothing is to be sent.")
    if not document["url"]:
        return None
    try:
        split_url(url := text(document, "url"))
    except BadAnswer as error:
        raise BadRegistration(f"`url`: {error}") from None
    return url.rstrip("/")


def text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise BadRegistration(f"`{key}` must be a text.")
    return value


def flag(document: dict[str, Any], *names: str) -> bool:
    return any(document.get(name) is True for name in names)


def spaces(namespaces: dict[str, Any], name: str) -> tuple[Namespace, ...]:
    listed = namespaces.get(name) or []
    if not isinstance(listed, list):
        raise BadRegistration(f"`namespaces.{name}` must be a list.")
    return tuple(space(entry, name) for entry in listed)


def space(entry: Any, name: str) -> Namespace:
    if not isinstance(entry, dict) or not isinstance(entry.get("regex"), str):
        raise BadRegistration(f"`namespaces.{name}` has an entry without `regex`.")
    try:
        return namespace(entry["regex"], bool(entry.get("exclusive", False)))
    except BadPattern as error:
        raise BadRegistration(f"`namespaces.{name}`: {entry['regex']!r}: {error}") from None
