"""A directory that is asked whose password it is (LDAP: RFC 4511). Who asks waits."""

from importlib import import_module
from pathlib import Path
from ssl import CERT_REQUIRED
from types import ModuleType
from typing import Any

from attrs import frozen

from homeserver.config.single_sign_on import Ldap

MAX_NAME, MAX_PASSWORD = 255, 512


class DirectoryError(Exception):
    """It does not answer, or not as it should. The text is for logs."""


@frozen
class Entry:
    username: str
    name: str
    email: str


def load_library() -> ModuleType:
    """ldap3, with the parts that it leaves out at first; raises ImportError."""
    for part in ("conv", "dn"):
        import_module(f"ldap3.utils.{part}")
    return import_module("ldap3")


@frozen(eq=False)
class LdapDirectory:
    """`_ldap3` is the library, which is only loaded where there is a directory."""

    _settings: Ldap
    _ldap3: ModuleType

    def greet(self) -> None:
        """See whether this server is let in; raises DirectoryError."""
        settings = self._settings
        try:
            with self._connection(settings.bind_dn, settings.bind_password) as connection:
                self._find(connection, "nobody")
        except (self._ldap3.core.exceptions.LDAPException, OSError) as error:
            raise DirectoryError(f"{type(error).__name__}: {error}") from None

    def check(self, username: str, password: str) -> Entry | None:
        """Who it is, if this is the password; raises DirectoryError."""
        # An empty password would be no login, yet answered like one (RFC 4513, section 5.1.2).
        if not 0 < len(username) <= MAX_NAME or not 0 < len(password) <= MAX_PASSWORD:
            return None
        if "\0" in username + password:
            return None
        settings = self._settings
        try:
            with self._connection(settings.bind_dn, settings.bind_password) as connection:
                found = self._find(connection, username)
            # Who is not there is asked about as well: the time that it takes would tell.
            dn, entry = found or (self._nobody(username), None)
            with self._connection(dn, password) as connection:
                return entry if connection.bound else None
        except (self._ldap3.core.exceptions.LDAPException, OSError) as error:
            if isinstance(error, self._ldap3.core.exceptions.LDAPInvalidCredentialsResult):
                return None
            raise DirectoryError(f"{type(error).__name__}: {error}") from None

    def _find(self, connection: Any, username: str) -> tuple[str, Entry] | None:
        if not connection.bound:
            raise DirectoryError(f"it does not let this server in: {connection.result}")
        settings = self._settings
        named = self._ldap3.utils.conv.escape_filter_chars(username)
        wanted = f"(&{settings.filter}({settings.username_attribute}={named}))"
        names = (settings.username_attribute, settings.name_attribute, settings.email_attribute)
        connection.search(settings.base, wanted, attributes=list(names), size_limit=2)
        rows = [it for it in connection.response or () if it.get("type") == "searchResEntry"]
        if len(rows) != 1:
            return None
        return rows[0]["dn"], Entry(*(first(rows[0]["attributes"].get(name)) for name in names))

    def _nobody(self, username: str) -> str:
        """Where somebody of this name might be."""
        settings = self._settings
        named = self._ldap3.utils.dn.escape_rdn(username)
        return f"{settings.username_attribute}={named},{settings.base}".rstrip(",")

    def _connection(self, dn: str | None, password: str | None) -> Any:
        """Bound, if the password is right."""
        settings = self._settings
        # The library takes whole seconds only.
        seconds = max(1, settings.timeout // 1000)
        library = self._ldap3
        server = library.Server(
            settings.uri,
            tls=library.Tls(validate=CERT_REQUIRED, ca_certs_file=path_of(settings.custom_ca_path)),
            connect_timeout=seconds,
            get_info=library.NONE,
        )
        connection = library.Connection(
            server, dn, password, receive_timeout=seconds, read_only=True, auto_referrals=False
        )
        connection.open()
        is_plain = not str(settings.uri).startswith("ldaps:")
        if settings.start_tls and is_plain and not connection.start_tls():
            raise DirectoryError("it does not begin TLS")
        connection.bind()
        return Bound(connection)


@frozen(eq=False)
class Bound:
    """A connection that ends with its use."""

    _connection: Any

    def __enter__(self) -> Any:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.unbind()


def first(value: object) -> str:
    """Attributes have many values, or one, or none."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value)[:MAX_NAME] if value else ""


def path_of(path: Path | None) -> str | None:
    return str(path) if path else None
